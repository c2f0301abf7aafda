# Many containers: one after the other, and at once. No failure, nothing left behind. CYCLES and PARALLEL set the numbers.
# SPDX-License-Identifier: Apache-2.0
load lib/helpers

@test "1,000 runs of true in a row" {
  before=$(leftovers)
  for i in $(seq "${CYCLES:-1000}"); do
    rt run --bundle "$BUNDLE" "$ID-$i" </dev/null >"$BUNDLE/out" 2>&1 || fail "run $i ended with $?: $(cat "$BUNDLE/out")"
    [[ ! -s $BUNDLE/out ]] || fail "run $i wrote: $(cat "$BUNDLE/out")"
  done
  equal "$(leftovers)" "$before"
}

@test "64 runs at once" {
  for i in $(seq "${PARALLEL:-64}"); do
    mkdir "$BUNDLE/$i"
    ln -s ../rootfs "$BUNDLE/$i/rootfs" 2>/dev/null || true
    jq --arg cgroup "/$TAG/$ID-$i" --arg root "$ROOTFS" '.linux.cgroupsPath = $cgroup | .root.path = $root' "$BUNDLE/config.json" >"$BUNDLE/$i/config.json"
    { RT_TIMEOUT=120 rt run --bundle "$BUNDLE/$i" "$ID-$i" </dev/null >"$BUNDLE/$i/out" 2>&1; echo $? >"$BUNDLE/$i/status"; } &
  done
  wait
  for i in $(seq "${PARALLEL:-64}"); do
    equal "$i: $(cat "$BUNDLE/$i/status") $(cat "$BUNDLE/$i/out")" "$i: 0 "
  done
  nothing_left
}

@test "64 containers at once, listed, exec'd into and deleted" {
  args /bin/sleep 300
  for i in $(seq "${PARALLEL:-64}"); do
    mkdir -p "$BUNDLE/$i"
    jq --arg cgroup "/$TAG/$ID-$i" --arg root "$ROOTFS" '.linux.cgroupsPath = $cgroup | .root.path = $root' "$BUNDLE/config.json" >"$BUNDLE/$i/config.json"
    RT_TIMEOUT=120 rt run --detach --bundle "$BUNDLE/$i" "$ID-$i" </dev/null >"$BUNDLE/$i/out" 2>&1 &
  done
  wait
  equal "$(rt list --quiet | grep -c "^$ID-")" "${PARALLEL:-64}"
  for i in $(seq "${PARALLEL:-64}"); do
    [[ $(RT_TIMEOUT=120 rt exec "$ID-$i" /bin/hostname </dev/null) == box ]] || fail "exec in $i"
  done
  for i in $(seq "${PARALLEL:-64}"); do
    { RT_TIMEOUT=120 rt delete --force "$ID-$i" >/dev/null 2>"$BUNDLE/$i/deleted" </dev/null || echo "failed $?" >>"$BUNDLE/$i/deleted"; } &
  done
  wait
  equal "$(cat "$BUNDLE"/*/deleted)" ""
  nothing_left
}

@test "nothing is left behind" {
  nothing_left
}
