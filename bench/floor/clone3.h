// clone3 for programs without a C library. To be included by one source file of a program.
// SPDX-License-Identifier: Apache-2.0
#pragma once

// clone3 whose child calls `entry(argument)` on the stack that the arguments name, and never
// returns.
extern "C" long bare_clone3(long clone_args, long size, void (*entry)(long), long argument);
#if defined(__x86_64__)
asm(".globl bare_clone3\n"
    "bare_clone3:\n"
    "  mov %rdx, %r8\n"  // rcx and r11 are the kernel's to change, these are not
    "  mov %rcx, %r9\n"
    "  mov $435, %eax\n"
    "  syscall\n"
    "  test %rax, %rax\n"
    "  jnz 1f\n"
    "  xor %ebp, %ebp\n"
    "  mov %r9, %rdi\n"
    "  call *%r8\n"
    "1: ret\n");
#else
asm(".globl bare_clone3\n"
    "bare_clone3:\n"
    "  mov x8, #435\n"
    "  svc 0\n"
    "  cbnz x0, 1f\n"
    "  mov x0, x3\n"
    "  blr x2\n"
    "1: ret\n");
#endif
