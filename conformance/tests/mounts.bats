# config.md, "Mounts": order, destinations, sources, types and data.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=req:config:mounts:options:optional, req:config:mounts:order
@test "mounts are made in their order" {
  mkdir "$T/source"
  echo inner >"$T/source/file"
  add_mount /data tmpfs first mode=755
  add_mount /data/inner "" "$T/source" bind
  add_mount /tmp tmpfs below ""
  add_mount /tmp tmpfs above size=8k
  run_probe read:/data/inner/file
  judge <<END
    config.mounts.order               .try["read:/data/inner/file"]  =>  . == "inner\n"
    config.mounts.order               mount_at("/tmp") | .source            =>  . == "above"
    config.mounts.order               [.mounts[] | select(.point | startswith("/data")) | .point]  =>  . == ["/data", "/data/inner"]
    config.mounts.options.optional    mount_at("/proc") | .type             =>  . == "proc"
END
}

# bats test_tags=req:config:mounts:destination:relative-ok, req:config:mounts:destination:relative-root
@test "a relative destination starts at the root" {
  config '.process.cwd = "/etc"'
  add_mount data/below tmpfs here ""
  run_probe
  judge <<END
    config.mounts.destination.relative-root  mount_at("/data/below") | .source  =>  . == "here"
    config.mounts.destination.relative-ok    mount_at("/data/below") | .type    =>  . == "tmpfs"
END
}

# bats test_tags=req:config:mounts:source:bind-by-option, req:config:mounts:source:bind-relative, req:config:mounts:type:bind-dummy, req:config:mounts:type:optional
@test "bind mounts: relative sources, types that do not matter, files" {
  mkdir "$BUNDLE/share"
  echo shared >"$BUNDLE/share/file"
  echo single >"$BUNDLE/single"
  add_mount /data/relative "" share bind
  add_mount /data/none none "$BUNDLE/share" bind
  add_mount /data/nonsense nonsense "$BUNDLE/share" rbind
  add_mount /data/single bind "$BUNDLE/single" bind,ro
  RUNTIME_PREFIX=(env -C /)
  run_probe read:/data/relative/file read:/data/none/file read:/data/nonsense/file read:/data/single
  judge <<'END'
    config.mounts.source.bind-relative   .try["read:/data/relative/file"]  =>  . == "shared\n"
    config.mounts.type.optional          .try["read:/data/relative/file"]  =>  . == "shared\n"
    config.mounts.source.bind-by-option  .try["read:/data/none/file"]      =>  . == "shared\n"
    config.mounts.type.bind-dummy        .try["read:/data/nonsense/file"]  =>  . == "shared\n"
    config.mounts.source.bind-by-option  .try["read:/data/single"]         =>  . == "single\n"
END
}

# bats test_tags=req:config:mounts:source:bind-by-option
@test "without a bind option the type bind is no bind mount" {
  mkdir "$T/source"
  add_mount /data bind "$T/source" ro
  check config.mounts.source.bind-by-option "create fails: the kernel knows no file system of this name" refused
}

# bats test_tags=req:config:mounts:opt:unknown-fs-data, req:config:mounts:source:optional
@test "words that are no option go to the file system" {
  add_mount /data tmpfs tmpfs size=128k,mode=700,nr_inodes=77
  run_probe /data
  judge <<END
    config.mounts.opt.unknown-fs-data  mount_at("/data") | .super | split(",")  =>  contains(["size=128k", "nr_inodes=77"])
    config.mounts.opt.unknown-fs-data  .paths["/data"].mode              =>  . == "0700"
    config.mounts.source.optional      mount_at("/data") | .type               =>  . == "tmpfs"
END
}

# bats test_tags=req:linux:defaultFs:devpts, req:linux:defaultFs:devshm, req:linux:defaultFs:proc, req:linux:defaultFs:sys
@test "the file systems that a Linux program expects" {
  run_probe fs:/proc fs:/sys fs:/dev/pts fs:/dev/shm
  judge <<'END'
    linux.defaultFs.proc    .try["fs:/proc"]     =>  . == "0x9fa0"
    linux.defaultFs.sys     .try["fs:/sys"]      =>  . == "0x62656572"
    linux.defaultFs.devpts  .try["fs:/dev/pts"]  =>  . == "0x1cd1"
    linux.defaultFs.devshm  .try["fs:/dev/shm"]  =>  . == "0x1021994"
END
}
