#!/bin/sh
# Installs what the tests use besides Node: C compilers with sanitizers and for other machines,
# emulators of those, of boards too, build systems, Chromium, GPU drivers that run on a CPU,
# PyTorch for the training scripts, Dask and SQLite for examples/at-scale.
# For Debian 12; needs root. Does nothing where everything is there already.
set -eu

packages="gcc g++ libc6-dev clang-22 libclang-rt-22-dev
gcc-aarch64-linux-gnu libc6-dev-arm64-cross gcc-arm-linux-gnueabihf libc6-dev-armhf-cross
gcc-riscv64-linux-gnu libc6-dev-riscv64-cross qemu-user
gcc-arm-none-eabi libnewlib-arm-none-eabi libstdc++-arm-none-eabi-newlib qemu-system-arm
gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc
cmake ninja-build make meson
chromium libvulkan1 libegl1 libgles2 libgl1-mesa-dri
python3-torch python3-onnx python3-numpy python3-pil python3-pip python3-setuptools python3-yaml python3-kconfiglib
python3-distributed libsqlite3-dev"

missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing$missing"
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
