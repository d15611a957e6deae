#!/bin/sh
# Builds for Vulkan and runs the tests of models on a GPU, of which a machine needs none: lavapipe,
# Mesa's driver, computes on the CPU. It proves that the numbers are right, not that they are fast.
#
#   scripts/gpu.sh                                       on lavapipe, which needs kernels in WGSL
#   PRIVATESTACK_TEST_DEVICE=vulkan:0 scripts/gpu.sh     on a card
#   PRIVATESTACK_TEST_DEVICE=cuda:0 scripts/gpu.sh       on a card, by CUDA
#
# The driver is Debian's package, installed as root, else named. A device that does not answer fails.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "gpu: $1" >&2
    exit 1
}

# Where the loader is told of lavapipe.
icd() {
    ls /usr/share/vulkan/icd.d/lvp_icd*.json /etc/vulkan/icd.d/lvp_icd*.json 2>/dev/null | head -n 1
}

lavapipe() {
    wanted="mesa-vulkan-drivers libvulkan1"
    if [ -z "$(icd)" ]; then
        [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "please install: $wanted"
        echo "gpu: installing $wanted" >&2
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends $wanted >/dev/null
    fi
    # The old name of the variable and the new one; no other driver is asked.
    VK_ICD_FILENAMES=$(icd)
    VK_DRIVER_FILES=$VK_ICD_FILENAMES
    export VK_ICD_FILENAMES VK_DRIVER_FILES
    export PRIVATESTACK_TEST_DEVICE=vulkan:0
    feature=vulkan-wgsl
}

if [ -z "${PRIVATESTACK_TEST_DEVICE:-}" ]; then
    lavapipe
else
    feature=${PRIVATESTACK_TEST_DEVICE%%:*}
fi
export PRIVATESTACK_NO_UI=1
echo "gpu: the tests on $PRIVATESTACK_TEST_DEVICE, in a build with the feature $feature"
cargo test --locked --lib --features "$feature" -- --nocapture gpu engine::device
