# config.md, "Root".
# SPDX-License-Identifier: Apache-2.0
load ../lib/suite.bash

# bats test_tags=req:config:root:path:relative, req:config:root:readonly:effect, req:config:root:readonly:optional
@test "the root may be read-only, and is writable by default" {
  run_probe create:/data/new
  judge <<'END'
    config.root.readonly.optional  .try["create:/data/new"]  =>  . == "ok"
END
  check config.root.path.relative "the file stands in the bundle's rootfs" exists "$ROOTFS/data/new"
  config '.root.readonly = true'
  run_probe create:/data/other create:/top
  judge <<'END'
    config.root.readonly.effect  .try  =>  . == {"create:/data/other": "EROFS", "create:/top": "EROFS"}
END
}

# bats test_tags=req:config:root:path:absolute, req:config:root:path:relative
@test "an absolute root outside the bundle, a relative one under another name" {
  mv "$ROOTFS" "$T/elsewhere"
  config ".root.path = \"$T/elsewhere\""
  run_probe create:/data/new
  judge <<'END'
    config.root.path.absolute  .try["create:/data/new"]  =>  . == "ok"
END
  check config.root.path.absolute "the file stands there" exists "$T/elsewhere/data/new"
  mkdir "$BUNDLE/a"
  mv "$T/elsewhere" "$BUNDLE/a/tree"
  config '.root.path = "a/tree"'
  RUNTIME_PREFIX=(env -C /)
  run_probe create:/data/second
  check config.root.path.relative "a relative path starts at the bundle, not at the caller's folder" exists "$BUNDLE/a/tree/data/second"
}

# bats test_tags=req:config:domainname:optional, req:config:hostname:optional
@test "hostname and domain name" {
  config '.hostname = "harbour" | .domainname = "example.org"'
  run_probe
  judge <<'END'
    config.hostname.optional    .hostname    =>  . == "harbour"
    config.domainname.optional  .domainname  =>  . == "example.org"
END
  check config.hostname.optional "the host keeps its own" equal "$([[ $(</proc/sys/kernel/hostname) != harbour ]] && echo kept)" kept
}
