"""PyTorch's side of the stage `pytorch`: the authors' V1 step in several precisions, timed on request.

Reads lines of JSON: first the settings, then the contender that is to make a step. Answers each with
one line: the version with the contenders that this device has, round by round, then the step's
seconds or an error.
"""
import contextlib
import json
import sys
from pathlib import Path
from time import perf_counter

import torch

sys.path.append(str(Path(__file__).resolve().parent.parent))
from bench_vs_pytorch import EPSILON, FORMATS, attack
from make_fixtures import CLASSES, ResNet18, objective

# Name of the precision: whether TF32 is allowed, and what autocast computes in.
PRECISIONS = {
    "float32": (False, None), "TF32": (True, None),
    "bf16": (True, torch.bfloat16), "f16": (True, torch.float16),
}

def contenders(device):
    """Precision, memory format and whether it is compiled, by name."""
    precisions = PRECISIONS if device == "cuda" else ("float32", "bf16")
    plain = {f"{p}, {f}": (p, f, False) for p in precisions for f in FORMATS}
    if device != "cuda" or not hasattr(torch, "compile"):
        return plain
    compiled = {f"{p}, channels_last, compiled": (p, "channels_last", True) for p in precisions}
    return {**plain, **compiled}

def scaler(enabled):
    """PyTorch moved it in version 2.3."""
    if hasattr(torch.amp, "GradScaler"):
        return torch.amp.GradScaler("cuda", enabled=enabled)
    return torch.cuda.amp.GradScaler(enabled=enabled)

class Trainer:
    """A model, its optimiser and one batch."""
    def __init__(self, settings, precision, memory_format, compiled):
        self.device, layout = settings["device"], FORMATS[memory_format]
        self.tf32, self.dtype = PRECISIONS[precision]
        self.model = ResNet18(settings["width"]).to(self.device, memory_format=layout)
        self.sgd = torch.optim.SGD(
            self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True
        )
        self.scaler = scaler(enabled=self.dtype == torch.float16)
        if compiled:
            torch._dynamo.reset()  # code is compiled eight times at most, whichever model it is for
        self.network = torch.compile(self.model) if compiled else self.model
        n = settings["batchSize"]
        x = torch.rand(n, 3, 32, 32, device=self.device)
        mem = (x + EPSILON * (2 * torch.rand_like(x) - 1)).clamp(0, 1)
        self.y = torch.randint(CLASSES, (n,), device=self.device)
        # The model takes NHWC views, whatever the order in memory.
        self.x, self.mem = (
            t.contiguous(memory_format=layout).permute(0, 2, 3, 1) for t in (x, mem)
        )

    def autocast(self):
        if self.dtype is None:
            return contextlib.nullcontext()
        return torch.autocast(self.device, dtype=self.dtype)

    def step(self):
        """One V1 step; returns its seconds."""
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = self.tf32
        started = perf_counter()
        with self.autocast():
            adv = attack(self.network, self.x)
            self.network.train()
            images = {"nat": self.x, "adv": adv, "mem": self.mem}
            logits = {name: self.network(each).float() for name, each in images.items()}
        loss = objective("v1", logits, self.y)
        self.sgd.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.sgd)
        self.scaler.update()
        loss.item()
        if self.device == "cuda":
            torch.cuda.synchronize()
        return perf_counter() - started

def answer(message):
    print(json.dumps(message), flush=True)

def main():
    settings = json.loads(sys.stdin.readline())
    torch.backends.cudnn.benchmark = True
    torch.set_num_threads(1)  # in a rehearsal; a GPU is not concerned
    named, trainers = contenders(settings["device"]), {}
    rounds = [[name for name, of in named.items() if not of[2]]]
    # Compiling one takes a minute or so: each in a round of its own, behind all that is sure.
    rounds += [[name] for name, of in named.items() if of[2]]
    answer({"version": torch.__version__, "rounds": rounds})
    for line in sys.stdin:
        name = json.loads(line)["contender"]
        try:
            if name not in trainers:
                trainers[name] = Trainer(settings, *named[name])
                trainers[name].step()  # libraries choose their kernels, compilers compile
            answer({"step": trainers[name].step()})
        except Exception as error:
            answer({"error": f"{type(error).__name__}: {error}".split("\n")[0]})

if __name__ == "__main__":
    main()
