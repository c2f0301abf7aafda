# config-linux.md, "Devices", "Default Devices" and "Allowed Device list".
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=req:linux:defaultDevices:console, req:linux:defaultDevices:full, req:linux:defaultDevices:null, req:linux:defaultDevices:ptmx, req:linux:defaultDevices:random, req:linux:defaultDevices:tty, req:linux:defaultDevices:urandom, req:linux:defaultDevices:zero
@test "the default devices are there, whatever the configuration lists" {
  run_probe write:/dev/null bytes:/dev/zero write:/dev/full bytes:/dev/urandom pty: /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty /dev/ptmx /dev/console
  judge <<'END'
    linux.defaultDevices.null     .paths["/dev/null"] | [.type, .major, .minor]     =>  . == ["char", 1, 3]
    linux.defaultDevices.null     .try["write:/dev/null"]                           =>  . == "ok"
    linux.defaultDevices.zero     .paths["/dev/zero"] | [.type, .major, .minor]     =>  . == ["char", 1, 5]
    linux.defaultDevices.zero     .try["bytes:/dev/zero"]                           =>  . == "8 zeros"
    linux.defaultDevices.full     .paths["/dev/full"] | [.type, .major, .minor]     =>  . == ["char", 1, 7]
    linux.defaultDevices.full     .try["write:/dev/full"]                           =>  . == "ENOSPC"
    linux.defaultDevices.random   .paths["/dev/random"] | [.type, .major, .minor]   =>  . == ["char", 1, 8]
    linux.defaultDevices.urandom  .paths["/dev/urandom"] | [.type, .major, .minor]  =>  . == ["char", 1, 9]
    linux.defaultDevices.urandom  .try["bytes:/dev/urandom"]                        =>  . == "8 mixed"
    linux.defaultDevices.tty      .paths["/dev/tty"] | [.type, .major, .minor]      =>  . == ["char", 5, 0]
    linux.defaultDevices.ptmx     .paths["/dev/ptmx"]                               =>  .target == "pts/ptmx" or .target == "/dev/pts/ptmx" or .type == "char"
    linux.defaultDevices.ptmx     .try["pty:"]                                      =>  . == "ok"
    linux.defaultDevices.console  .paths["/dev/console"]                            =>  .error == "ENOENT"
END
}

# bats test_tags=req:linux:defaultDevices:all
@test "default devices come without a mount of /dev and with an empty list too" {
  config '.mounts |= map(select(.destination | startswith("/dev") | not)) | .linux.devices = []'
  run_probe /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty
  judge <<'END'
    linux.defaultDevices.all  .paths | [.[].type] | unique  =>  . == ["char"]
END
}

# bats test_tags=req:linux:defaultDevices:all, req:linux:devices:available, req:linux:devices:fileMode:optional, req:linux:devices:gid:optional, req:linux:devices:major-minor:required, req:linux:devices:path:anywhere, req:linux:devices:type:required, req:linux:devices:uid:optional
@test "listed devices are there as described" {
  config '.linux.devices = [
      {type: "c", path: "/dev/extra", major: 1, minor: 5, fileMode: 416, uid: 7, gid: 8}, {type: "b", path: "/opt/deep/block", major: 7, minor: 99, fileMode: 438, uid: 0, gid: 0},
      {type: "p", path: "/dev/pipe", fileMode: 432, uid: 1, gid: 2}, {type: "u", path: "/dev/unbuffered", major: 1, minor: 3}]
    | .linux.resources = {devices: [{allow: true, access: "rwm"}]} | .process.capabilities |= map_values(. + ["CAP_DAC_OVERRIDE"])'
  RUNTIME_PREFIX=(bash -c 'umask 077; exec "$@"' -)
  run_probe bytes:/dev/extra /dev/extra /opt/deep/block /dev/pipe /dev/unbuffered /dev/null
  judge <<'END'
    linux.devices.available            .paths["/dev/extra"] | [.type, .major, .minor]   =>  . == ["char", 1, 5]
    linux.devices.available            .try["bytes:/dev/extra"]                         =>  . == "8 zeros"
    linux.devices.type.required        .paths | [.["/dev/extra"].type, .["/opt/deep/block"].type, .["/dev/pipe"].type, .["/dev/unbuffered"].type]  =>  . == ["char", "block", "fifo", "char"]
    linux.devices.path.anywhere        .paths["/opt/deep/block"] | [.type, .major, .minor]  =>  . == ["block", 7, 99]
    linux.devices.fileMode.optional    .paths | [.["/dev/extra"].mode, .["/dev/pipe"].mode]  =>  . == ["0640", "0660"]
    linux.devices.uid.optional         .paths | [.["/dev/extra"].uid, .["/dev/pipe"].uid]   =>  . == [7, 1]
    linux.devices.gid.optional         .paths | [.["/dev/extra"].gid, .["/dev/pipe"].gid]   =>  . == [8, 2]
    linux.devices.major-minor.required .paths["/opt/deep/block"] | [.major, .minor]         =>  . == [7, 99]
    linux.defaultDevices.all           .paths["/dev/null"].mode                             =>  . == "0666"
END
}

# bats test_tags=req:linux:devices:existing-mismatch
@test "another file at a device's path is an error" {
  config '.mounts |= map(select(.destination | startswith("/dev") | not))
    | .linux.devices = [{type: "c", path: "/dev/extra", major: 1, minor: 5}]'
  write_config
  echo text >"$ROOTFS/dev/extra"
  check linux.devices.existing-mismatch "a regular file" refused
  rm -f "$ROOTFS/dev/extra"
  mknod "$ROOTFS/dev/extra" c 1 3
  check linux.devices.existing-mismatch "another device" refused
}

# bats test_tags=req:linux:devices:no-others
@test "devices that are not listed are out of reach" {
  config '.linux.resources = {devices: [{allow: false, access: "rwm"}]}'
  run_probe mknod:c:1:1:/data/mem mknod:b:7:0:/data/loop open:/data/mem list:/dev
  judge <<'END'
    linux.devices.no-others  .try | [.["mknod:c:1:1:/data/mem"], .["open:/data/mem"]]  =>  .[0] == "EPERM" or .[1] == "EPERM"
    linux.devices.no-others  .try["list:/dev"] | split(" ")  =>  . - ["console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero"] == []
END
}

# Major 242 belongs to no driver: ENXIO says that the rules let the open pass, EPERM that they did not.
# bats test_tags=req:linux:resources:devices:access:optional, req:linux:resources:devices:optional, req:linux:resources:devices:order
@test "device rules hold in their order" {
  config '.linux.devices = [range(1; 4) | {type: "c", path: "/dev/none\(.)", major: 242, minor: ., fileMode: 438}]
    | .linux.resources = {devices: [{allow: true, access: "rwm"}, {allow: false, access: "rwm"}, {allow: true, type: "c", major: 242, minor: 2, access: "r"},
      {allow: true, type: "c", major: 242, minor: 3, access: "rw"}, {allow: false, type: "c", major: 242, minor: 3, access: "w"}]}'
  run_probe open:/dev/none1 open:/dev/none2 open-write:/dev/none2 open:/dev/none3 open-write:/dev/none3
  judge <<'END'
    linux.resources.devices.order            .try | [.["open:/dev/none1"], .["open:/dev/none3"], .["open-write:/dev/none3"]]  =>  . == ["EPERM", "ENXIO", "EPERM"]
    linux.resources.devices.optional         .try["open:/dev/none2"]  =>  . == "ENXIO"
    linux.resources.devices.access.optional  .try | [.["open:/dev/none2"], .["open-write:/dev/none2"]]  =>  . == ["ENXIO", "EPERM"]
END
}

# bats test_tags=req:linux:resources:devices:major-minor:optional, req:linux:resources:devices:type:optional
@test "a rule without type or numbers means all of them" {
  config '.linux.devices = [{type: "c", path: "/dev/none", major: 242, minor: 5, fileMode: 438}, {type: "b", path: "/dev/block", major: 242, minor: 6, fileMode: 438}]
    | .linux.resources = {devices: [{allow: false, access: "rwm"}, {allow: true, type: "c", major: 242, access: "rwm"}, {allow: true, type: "b", access: "m"}]}'
  run_probe open:/dev/none mknod:c:242:7:/data/c mknod:c:243:1:/data/other mknod:b:243:77:/data/b open:/dev/block
  judge <<'END'
    linux.resources.devices.major-minor.optional  .try | [.["open:/dev/none"], .["mknod:c:242:7:/data/c"]]     =>  . == ["ENXIO", "ok"]
    linux.resources.devices.type.optional         .try | [.["mknod:b:243:77:/data/b"], .["open:/dev/block"]]  =>  . == ["ok", "EPERM"]
END
  new_bundle second
  config '.linux.resources = {devices: [{allow: false, access: "rwm"}, {allow: true, access: "m"}]}'
  run_probe mknod:c:243:1:/data/other mknod:b:243:1:/data/block open:/data/other
  judge <<'END'
    linux.resources.devices.type.optional         .try | [.["mknod:c:243:1:/data/other"], .["mknod:b:243:1:/data/block"], .["open:/data/other"]]  =>  . == ["ok", "ok", "EPERM"]
END
}
