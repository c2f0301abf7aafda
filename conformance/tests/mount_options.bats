# config.md, "Linux mount options": one mount for each word, with its opposite before it.
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# each_option TYPE SOURCE PREFIX-OPTIONS TABLE: lines "NAME   OPTIONS   TEST" (TEST: jq over the mount's entry). One container for all; when the runtime refuses
# it, one for each, so that one unknown word does not condemn the others.
each_option() {
  local type=$1 source=$2 prefix=$3 table=$4 name options test base=$EDITS program=''
  while read -r name options test; do
    [[ -z $name ]] || add_mount "/data/$name" "$type" "$source" "$prefix${prefix:+,}$options"
  done <<<"$table"
  args /bin/probe report "nonce=$NONCE" exec:/data/noexec/probe exec:/data/exec/probe exec:/data/rnoexec/sub/probe
  operate create
  if [[ $status -eq 0 ]]; then
    step start
    await_end
    step delete
    reported
    while read -r name options test; do
      [[ -z $name ]] || program+="config.mounts.opt.$name  mount_at(\"/data/$name\")  =>  $test"$'\n'
    done <<<"$table"
    judge <<<"$program"
    return 0
  fi
  while read -r name options test; do
    [[ -n $name ]] || continue
    new_bundle "$name"
    EDITS=$base
    add_mount "/data/$name" "$type" "$source" "$prefix${prefix:+,}$options"
    args /bin/probe report "nonce=$NONCE"
    operate create
    if [[ $status -ne 0 ]]; then
      check "config.mounts.opt.$name" "create with the option" equal "status $status: $stderr" "status 0"
      continue
    fi
    operate start
    await_end
    operate delete
    reported
    judge <<<"config.mounts.opt.$name  mount_at(\"/data/$name\")  =>  $test"
  done <<<"$table"
}

# bats test_tags=req:config:mounts:opt:async, req:config:mounts:opt:atime, req:config:mounts:opt:defaults, req:config:mounts:opt:dev, req:config:mounts:opt:diratime, req:config:mounts:opt:dirsync, req:config:mounts:opt:exec, req:config:mounts:opt:iversion, req:config:mounts:opt:lazytime, req:config:mounts:opt:loud, req:config:mounts:opt:mand, req:config:mounts:opt:must-track-mount8, req:config:mounts:opt:noatime, req:config:mounts:opt:nodev, req:config:mounts:opt:nodiratime, req:config:mounts:opt:noexec, req:config:mounts:opt:noiversion, req:config:mounts:opt:nolazytime, req:config:mounts:opt:nomand, req:config:mounts:opt:norelatime, req:config:mounts:opt:nostrictatime, req:config:mounts:opt:nosuid, req:config:mounts:opt:nosymfollow, req:config:mounts:opt:relatime, req:config:mounts:opt:ro, req:config:mounts:opt:rw, req:config:mounts:opt:silent, req:config:mounts:opt:strictatime, req:config:mounts:opt:suid, req:config:mounts:opt:symfollow, req:config:mounts:opt:sync
@test "options of one mount" {
  # also: config.mounts.opt.ro config.mounts.opt.rw config.mounts.opt.nosuid config.mounts.opt.suid config.mounts.opt.nodev config.mounts.opt.dev
  # also: config.mounts.opt.noexec config.mounts.opt.exec config.mounts.opt.noatime config.mounts.opt.atime config.mounts.opt.nodiratime
  # also: config.mounts.opt.diratime config.mounts.opt.relatime config.mounts.opt.strictatime config.mounts.opt.nostrictatime config.mounts.opt.norelatime
  # also: config.mounts.opt.sync config.mounts.opt.async config.mounts.opt.dirsync config.mounts.opt.lazytime config.mounts.opt.nolazytime
  # also: config.mounts.opt.silent config.mounts.opt.loud config.mounts.opt.iversion config.mounts.opt.noiversion config.mounts.opt.mand config.mounts.opt.nomand
  # also: config.mounts.opt.defaults config.mounts.opt.nosymfollow config.mounts.opt.symfollow config.mounts.opt.must-track-mount8
  each_option tmpfs tmpfs "" '
    ro            ro                        shown("ro")
    rw            ro,rw                     shown("rw")
    nosuid        nosuid                    shown("nosuid")
    suid          nosuid,suid               lacks("nosuid")
    nodev         nodev                     shown("nodev")
    dev           nodev,dev                 lacks("nodev")
    noexec        noexec                    shown("noexec")
    exec          noexec,exec               lacks("noexec")
    noatime       noatime                   shown("noatime")
    atime         noatime,atime             lacks("noatime")
    nodiratime    nodiratime                shown("nodiratime")
    diratime      nodiratime,diratime       lacks("nodiratime")
    relatime      relatime                  shown("relatime") and lacks("noatime")
    norelatime    relatime,norelatime       .type == "tmpfs"
    strictatime   strictatime               lacks("relatime") and lacks("noatime")
    nostrictatime strictatime,nostrictatime shown("relatime")
    sync          sync                      super | index("sync") != null
    async         sync,async                super | index("sync") == null
    dirsync       dirsync                   super | index("dirsync") != null
    lazytime      lazytime                  super | index("lazytime") != null
    nolazytime    lazytime,nolazytime       super | index("lazytime") == null
    silent        silent                    .type == "tmpfs"
    loud          silent,loud               .type == "tmpfs"
    iversion      iversion                  .type == "tmpfs"
    noiversion    iversion,noiversion       .type == "tmpfs"
    mand          mand                      .type == "tmpfs"
    nomand        nomand                    .type == "tmpfs"
    defaults      defaults                  shown("rw") and lacks("nosuid") and lacks("nodev") and lacks("noexec")
    nosymfollow   nosymfollow               shown("nosymfollow")
    symfollow     nosymfollow,symfollow     lacks("nosymfollow")'
  if [[ $JUDGED == *nosuid* ]]; then
    local failed
    failed=$(grep -F "$TEST_NAME" "$VERDICTS" | awk -F'\t' '$2 == "fail" && $1 ~ /opt\.(ro|rw|nosuid|suid|nodev|dev|noexec|exec|noatime|atime|nodiratime|diratime|relatime|strictatime|sync|async|dirsync|lazytime)$/ { print $1 }')
    check config.mounts.opt.must-track-mount8 "the options of mount(8) have its effect" equal "$failed" ""
  fi
}

source_tree() { # OPTION,OPTION of the mount below: sets SOURCE
  SOURCE=$T/source
  mkdir -p "$SOURCE"
  mount -t tmpfs "${2:-tmpfs}" "$SOURCE"
  mkdir "$SOURCE/sub"
  mount -t tmpfs -o "$1" tmpfs "$SOURCE/sub"
}
teardown_test() {
  [[ ! -d ${SOURCE:-} ]] || umount -R "$SOURCE" 2>/dev/null || umount -l "$SOURCE" 2>/dev/null || true
}

# bats test_tags=req:config:mounts:opt:bind, req:config:mounts:opt:rbind, req:config:mounts:opt:remount
@test "bind takes the mount alone, rbind what is mounted below too" {
  source_tree size=64k
  touch "$SOURCE/sub/inside"
  add_mount /data/bind "" "$SOURCE" bind
  add_mount /data/rbind "" "$SOURCE" rbind
  add_mount /data/remount tmpfs tmpfs size=64k
  add_mount /data/remount tmpfs tmpfs remount,ro
  run_probe list:/data/bind/sub list:/data/rbind/sub create:/data/remount/x
  judge <<'END'
    config.mounts.opt.bind     .try["list:/data/bind/sub"]       =>  . == ""
    config.mounts.opt.rbind    .try["list:/data/rbind/sub"]      =>  . == "inside"
    config.mounts.opt.remount  .try["create:/data/remount/x"]    =>  . == "EROFS"
    config.mounts.opt.remount  [.mounts[] | select(.point == "/data/remount")] | length  =>  . == 1
END
}

# bats test_tags=req:config:mounts:opt:tmpcopyup
@test "tmpcopyup fills a tmpfs with what it hides" {
  need feature '.mountOptions | index("tmpcopyup")'
  echo below >"$ROOTFS/etc/file"
  add_mount /etc tmpfs tmpfs tmpcopyup
  run_probe read:/etc/file fs:/etc
  judge <<'END'
    config.mounts.opt.tmpcopyup  .try  =>  . == {"read:/etc/file": "below\n", "fs:/etc": "0x1021994"}
END
}

# bats test_tags=req:config:mounts:opt:private, req:config:mounts:opt:rprivate, req:config:mounts:opt:rshared, req:config:mounts:opt:rslave, req:config:mounts:opt:runbindable, req:config:mounts:opt:shared, req:config:mounts:opt:slave, req:config:mounts:opt:unbindable
@test "propagation of one mount and of a tree" {
  # also: config.mounts.opt.private config.mounts.opt.shared config.mounts.opt.slave config.mounts.opt.unbindable
  # also: config.mounts.opt.rprivate config.mounts.opt.rshared config.mounts.opt.rslave config.mounts.opt.runbindable
  source_tree size=64k
  mount --make-rshared "$SOURCE"
  # With a shared root a mount of a shared source is shared: each of the words changes that.
  config '.linux.rootfsPropagation = "shared"'
  each_option "" "$SOURCE" rbind '
    private     private     .propagation == ""
    shared      private,shared .propagation | test("shared:")
    slave       slave       .propagation | test("master:") and (test("shared:") | not)
    unbindable  unbindable  .propagation | test("unbindable")
    rprivate    rprivate    .propagation == ""
    rshared     rprivate,rshared .propagation | test("shared:")
    rslave      rslave      .propagation | test("master:") and (test("shared:") | not)
    runbindable runbindable .propagation | test("unbindable")'
  # What is recursive reaches the mount below.
  [[ -s $T/report.json ]] || return 0
  if jq -e '[.mounts[] | select(.point == "/data/rshared/sub")] | length > 0' "$T/report.json" >/dev/null; then
    judge <<'END'
      config.mounts.opt.rprivate     mount_at("/data/rprivate/sub") | .propagation     =>  . == ""
      config.mounts.opt.rshared      mount_at("/data/rshared/sub") | .propagation      =>  test("shared:")
      config.mounts.opt.rslave       mount_at("/data/rslave/sub") | .propagation       =>  test("master:") and (test("shared:") | not)
      config.mounts.opt.runbindable  mount_at("/data/runbindable/sub") | .propagation  =>  test("unbindable")
END
  fi
}

# Both the mount and the one below show, or lack, the flag.
recursive() { # TABLE: NAME OPTIONS TEST
  local table=$1 name options test program=''
  each_option "" "$SOURCE" rbind "$table"
  while read -r name options test; do
    if [[ -n $name ]] && jq -e --arg at "/data/$name/sub" 'any(.mounts[]; .point == $at)' "$T/report.json" >/dev/null 2>&1; then
      program+="config.mounts.opt.$name  mount_at(\"/data/$name/sub\")  =>  $test"$'\n'
    fi
  done <<<"$table"
  [[ -z $program ]] || judge <<<"$program"
}

# bats test_tags=req:config:mounts:opt:rnoatime, req:config:mounts:opt:rnodiratime, req:config:mounts:opt:rnoexec, req:config:mounts:opt:rnosuid, req:config:mounts:opt:rnosymfollow, req:config:mounts:opt:rro, req:config:mounts:opt:rstrictatime
@test "recursive options that set a flag" {
  # also: config.mounts.opt.rro config.mounts.opt.rnosuid config.mounts.opt.rnoexec config.mounts.opt.rnoatime config.mounts.opt.rnodiratime config.mounts.opt.rnosymfollow config.mounts.opt.rstrictatime
  source_tree size=64k
  recursive '
    rro          rro          shown("ro")
    rnosuid      rnosuid      shown("nosuid")
    rnoexec      rnoexec      shown("noexec")
    rnoatime     rnoatime     shown("noatime")
    rnodiratime  rnodiratime  shown("nodiratime")
    rnosymfollow rnosymfollow shown("nosymfollow")
    rstrictatime rstrictatime lacks("relatime") and lacks("noatime")'
}

# bats test_tags=req:config:mounts:opt:ratime, req:config:mounts:opt:rdev, req:config:mounts:opt:rdiratime, req:config:mounts:opt:rexec, req:config:mounts:opt:rrelatime, req:config:mounts:opt:rrw, req:config:mounts:opt:rsuid, req:config:mounts:opt:rsymfollow
@test "recursive options that clear a flag" {
  # also: config.mounts.opt.rrw config.mounts.opt.rsuid config.mounts.opt.rdev config.mounts.opt.rexec config.mounts.opt.ratime config.mounts.opt.rrelatime config.mounts.opt.rdiratime config.mounts.opt.rsymfollow
  source_tree ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow
  mount -o remount,bind,ro,nosuid,nodev,noexec,noatime,nodiratime,nosymfollow "$SOURCE"
  recursive '
    rrw         rrw         shown("rw")
    rsuid       rsuid       lacks("nosuid")
    rdev        rdev        lacks("nodev")
    rexec       rexec       lacks("noexec")
    ratime      ratime      lacks("noatime")
    rrelatime   rrelatime   shown("relatime")
    rdiratime   rdiratime   lacks("nodiratime")
    rsymfollow  rsymfollow  lacks("nosymfollow")'
}

# bats test_tags=req:config:mounts:opt:rnorelatime, req:config:mounts:opt:rnostrictatime
@test "recursive options that switch a kind of access times off" {
  # also: config.mounts.opt.rnorelatime config.mounts.opt.rnostrictatime
  source_tree strictatime
  recursive '
    rnorelatime    rnorelatime    .type == "tmpfs"
    rnostrictatime rnostrictatime lacks("noatime")'
}

id_mapped() { # OPTION
  source_tree mode=755
  touch "$SOURCE/file" "$SOURCE/sub/file"
  chown 5:6 "$SOURCE/file" "$SOURCE/sub/file"
  config ".mounts += [{destination: \"/data\", source: \"$SOURCE\", options: [\"rbind\", \"$1\"],
    uidMappings: [{containerID: 0, hostID: 7000, size: 100}], gidMappings: [{containerID: 0, hostID: 8000, size: 100}]}]"
}
# bats test_tags=req:config:mounts:gidMappings:optional, req:config:mounts:idmap:applied, req:config:mounts:idmap:not-passed, req:config:mounts:idmap:uses-mappings, req:config:mounts:opt:idmap, req:config:mounts:uidMappings:optional
@test "idmap gives a mount its own id mapping" {
  need feature '.linux.mountExtensions.idmap.enabled'
  id_mapped idmap
  run_probe /data/file /data/sub/file
  judge <<'END'
    config.mounts.opt.idmap            .paths["/data/file"] | [.uid, .gid]      =>  . == [7005, 8006]
    config.mounts.idmap.applied        .paths["/data/file"] | [.uid, .gid]      =>  . == [7005, 8006]
    config.mounts.idmap.uses-mappings  .paths["/data/file"] | [.uid, .gid]      =>  . == [7005, 8006]
    config.mounts.uidMappings.optional .paths["/data/file"].uid                 =>  . == 7005
    config.mounts.gidMappings.optional .paths["/data/file"].gid                 =>  . == 8006
    config.mounts.idmap.not-passed     [.mounts[] | select(.point == "/data") | .super | split(",")[]]  =>  index("idmap") == null
END
}
# bats test_tags=req:config:mounts:opt:ridmap, req:config:mounts:ridmap:applied-recursively, req:config:mounts:ridmap:not-passed, req:config:mounts:ridmap:uses-mappings
@test "ridmap maps the mounts below too" {
  need feature '.linux.mountExtensions.idmap.enabled'
  id_mapped ridmap
  run_probe /data/file /data/sub/file
  judge <<'END'
    config.mounts.opt.ridmap                  .paths["/data/file"] | [.uid, .gid]      =>  . == [7005, 8006]
    config.mounts.ridmap.uses-mappings        .paths["/data/file"] | [.uid, .gid]      =>  . == [7005, 8006]
    config.mounts.ridmap.applied-recursively  .paths["/data/sub/file"] | [.uid, .gid]  =>  . == [7005, 8006]
    config.mounts.ridmap.not-passed           [.mounts[] | select(.point == "/data") | .super | split(",")[]]  =>  index("ridmap") == null
END
}
# bats test_tags=req:config:mounts:idmap:no-default-error, req:config:mounts:idmap:no-userns-error, req:config:mounts:ridmap:no-default-error, req:config:mounts:ridmap:no-userns-error
@test "idmap and ridmap without any mapping are errors" {
  mkdir "$T/source"
  add_mount /data "" "$T/source" bind,idmap
  check config.mounts.idmap.no-userns-error,config.mounts.idmap.no-default-error "idmap without mappings and without a user namespace" refused
  new_bundle second
  add_mount /data "" "$T/source" rbind,ridmap
  check config.mounts.ridmap.no-userns-error,config.mounts.ridmap.no-default-error "ridmap without mappings and without a user namespace" refused
}
# bats test_tags=req:config:mounts:idmap:default-userns, req:config:mounts:ridmap:default-userns
@test "idmap without mappings takes those of the user namespace, or is an error" {
  need feature '.linux.mountExtensions.idmap.enabled'
  local option name=idmap
  for option in idmap ridmap; do
    new_bundle "$option"
    user_namespace
    mkdir "$T/source-$option"
    touch "$T/source-$option/file"
    add_mount /data "" "$T/source-$option" "rbind,$option"
    args /bin/probe report "nonce=$NONCE" /data/file
    operate create
    if [[ $status -ne 0 ]]; then
      check "config.mounts.$option.default-userns" "an error says so" equal "$((status == 124))" 0 # also: config.mounts.idmap.default-userns config.mounts.ridmap.default-userns
      continue
    fi
    step start
    await_end
    step delete
    reported
    judge <<END
      config.mounts.$option.default-userns  .paths["/data/file"] | [.uid, .gid]  =>  . == [0, 0]
END
  done
}
