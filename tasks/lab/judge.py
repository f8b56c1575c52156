"""What AMD's compiler for discrete GPUs makes of kernels, without a GPU: Mesa's RADV compiles for one that is not there.

usage: judge.py DIR [NAVI21] [GFX1100]   (DIR: from step_kernels.ts; setup: README.md beside this file)

Prints a table in Markdown, a line for each kernel, from the most of the step to the least. For each GPU: vector registers and
those that spilled to memory, waves that a SIMD holds at once, multiply-adds among the instructions of the block that has most
of them, and bytes that a lane moves by an access to memory.
"""

import json
import os
import re
import subprocess
import sys
import tempfile

BUILD = os.environ.get("LAB_BUILD", "/tmp/lab-build")
DRIVER = "/usr/share/vulkan/icd.d/radeon_icd.x86_64.json"
WIDTHS = {"": 4, "x2": 8, "x3": 12, "x4": 16, "b32": 4, "b64": 8, "b96": 12, "b128": 16}
ACCESS = re.compile(r"^(?:buffer|global)_(?:load|store)_(?:dword(x\d)?|(b\d+))$")


def compile_for(gpu, spirv):
    """The driver's statistics of the shader, and its instructions in basic blocks."""
    environment = dict(
        os.environ, RADV_DEBUG="shaders,nocache", RADV_FORCE_FAMILY=gpu, VK_ICD_FILENAMES=DRIVER
    )
    run = subprocess.run(
        [f"{BUILD}/isa", spirv], env=environment, capture_output=True, text=True, errors="replace"
    )
    text = run.stderr + run.stdout
    if "disasm:" not in text:
        sys.exit(f"{spirv} was not compiled: {text[-500:]}")
    blocks = []
    for line in text.split("disasm:")[1].splitlines():
        if re.match(r"^BB\d+:", line):
            blocks.append([])
        elif blocks and line.strip() and not line.startswith("#") and "|" not in line:
            blocks[-1].append(line.split()[0])
    return dict(re.findall(r"\| ([A-Za-z ]+) (\d+)", run.stdout)), blocks


def judged(gpu, spirv):
    """The columns of one kernel on one GPU."""
    statistics, blocks = compile_for(gpu, spirv)

    def multiply_adds(block):
        # RDNA3 may issue two at once: v_dual_fmac_f32 stands for both.
        return sum(bool(re.search("fma|fmac", name)) for name in block)

    hot = max(blocks, key=multiply_adds)
    widths = [
        WIDTHS[found[1] or found[2] or ""]
        for block in blocks
        for found in map(ACCESS.match, block)
        if found
    ]
    spilled = int(statistics["Spilled VGPRs"])
    return [
        statistics["VGPRs"] + (f" ({spilled} spilled)" if spilled else ""),
        statistics["Subgroups per SIMD"],
        f"{multiply_adds(hot) / max(1, len(hot)):.2f}",
        f"{sum(widths) / max(1, len(widths)):.0f}",
    ]


def main():
    directory, *gpus = sys.argv[1:]
    gpus = gpus or ["NAVI21", "GFX1100"]
    with open(f"{directory}/kernels.json", encoding="utf-8") as file:
        kernels = json.load(file)["kernels"]
    with tempfile.TemporaryDirectory() as out:
        paths = [f"{directory}/{kernel['file']}" for kernel in kernels]
        subprocess.run([f"{BUILD}/release/wgsl2spv", out, *paths], check=True)
        columns = ["VGPRs", "waves", "multiply-adds", "bytes"]
        head = ["of the step", "kernel", "bound by", "asked / footprint"]
        head += [f"{gpu} {column}" for gpu in gpus for column in columns]
        print(f"| {' | '.join(head)} |\n|{' --- |' * len(head)}")
        for kernel in kernels:
            spirv = f"{out}/{kernel['file'].removesuffix('.wgsl')}.spv"
            row = [
                f"{100 * kernel['share']:.1f} %",
                f"{kernel['kernel']}, ×{kernel['times']:g}",
                kernel["bound"],
                f"{kernel['asked'] / kernel['footprint']:.2f}",
            ]
            for gpu in gpus:
                row += judged(gpu, spirv)
            print(f"| {' | '.join(row)} |")


main()
