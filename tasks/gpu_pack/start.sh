#!/bin/sh
# Unpacks Deno into a folder of its own and checks the GPU: start.sh --minutes 13 --out DIR [--data-dir DIR] ...
# Needs a GPU's driver, xz or Python, and nothing else: no network, no HOME, nothing is installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if command -v xz >/dev/null 2>&1; then
  xz -dc "$here/deno.xz" >"$work/deno"
else
  python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' \
    "$here/deno.xz" >"$work/deno"
fi
chmod +x "$work/deno"

# What is set comes first, then where some machines keep NVIDIA's driver, then what was brought along.
libraries=${LD_LIBRARY_PATH:-}
for folder in /usr/local/nvidia/lib64 "$here/lib"; do
  if [ -d "$folder" ]; then libraries=${libraries:+$libraries:}$folder; fi
done
export LD_LIBRARY_PATH="$libraries"

export DENO_DIR="$work/cache" DENO_NO_UPDATE_CHECK=1 NO_COLOR=1
export DENO_WEBGPU_BACKEND=vulkan # OpenGL, where EGL is there, is not what is checked

# Whether Deno finds a GPU with the driver of a file, or where Vulkan's loader looks by itself.
finds_gpu() {
  env ${1:+VK_DRIVER_FILES="$1"} timeout 20 "$work/deno" eval -q '
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    if (!adapter || adapter.info.isFallbackAdapter || /llvmpipe/.test(adapter.info.description)) Deno.exit(1);
  ' >/dev/null 2>&1
}

# Without a display some drivers answer through their library for EGL alone, and some containers have no more than the
# libraries.
for library in libGLX_nvidia libEGL_nvidia; do
  printf '{"file_format_version": "1.0.0", "ICD": {"library_path": "%s.so.0", "api_version": "1.3.0"}}\n' \
    "$library" >"$work/$library.json"
done
if [ -z "${VK_DRIVER_FILES:-}" ] && ! finds_gpu ""; then
  elsewhere=/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json
  for driver in "$elsewhere" "$work/libGLX_nvidia.json" "$work/libEGL_nvidia.json"; do
    if [ -e "$driver" ] && finds_gpu "$driver"; then
      export VK_DRIVER_FILES="$driver"
      break
    fi
  done
fi
echo "Vulkan's drivers: ${VK_DRIVER_FILES:-where its loader finds them}"

"$work/deno" run -q --allow-all --unstable-kv --no-config "$here/tasks/gpu_check.js" "$@" &
trap 'kill "$!"' INT TERM
wait "$!" && status=0 || status=$?
exit "$status"
