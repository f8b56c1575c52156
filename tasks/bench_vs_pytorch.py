"""PyTorch's side of bench_vs_pytorch.ts: the authors' V1 step, timed on request.

    /usr/bin/python3 -B tasks/bench_vs_pytorch.py

Reads lines of JSON: first the settings, then a line for every step to make. Answers each with one
line: the settings with the seconds per step in both memory formats, then every step's seconds.
"""
import json
import sys
from pathlib import Path
from statistics import median
from time import perf_counter

import torch
from torch.nn import functional as F

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "fixtures"))
from make_fixtures import CLASSES, ResNet18, objective

EPSILON, STEP_SIZE, STEPS, START = 8 / 255, 2 / 255, 10, 0.001
FORMATS = {"contiguous": torch.contiguous_format, "channels_last": torch.channels_last}

def attack(model, x):
    """PGD on the KL divergence in evaluation mode; parameters get no gradient."""
    model.eval()
    with torch.no_grad():
        nat = F.softmax(model(x), dim=1)
    adv = x + START * torch.randn_like(x)
    for _ in range(STEPS):
        adv.requires_grad_()
        loss = F.kl_div(F.log_softmax(model(adv), dim=1), nat, reduction="sum")
        (grad,) = torch.autograd.grad(loss, adv)
        adv = adv.detach() + STEP_SIZE * grad.sign()
        adv = torch.min(torch.max(adv, x - EPSILON), x + EPSILON).clamp(0, 1)
    return adv

class Trainer:
    """A model, its optimiser and one batch, all in one memory format."""
    def __init__(self, width, batch_size, memory_format):
        self.model = ResNet18(width).to(memory_format=FORMATS[memory_format])
        self.sgd = torch.optim.SGD(
            self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4, nesterov=True
        )
        x = torch.rand(batch_size, 3, 32, 32)
        mem = (x + EPSILON * (2 * torch.rand_like(x) - 1)).clamp(0, 1)
        self.y = torch.randint(CLASSES, (batch_size,))
        # The model takes NHWC views, whatever the order in memory.
        self.x, self.mem = (
            t.contiguous(memory_format=FORMATS[memory_format]).permute(0, 2, 3, 1) for t in (x, mem)
        )

    def step(self):
        """One V1 step; returns its seconds and the attack's share of them."""
        started = perf_counter()
        images = {"nat": self.x, "adv": attack(self.model, self.x), "mem": self.mem}
        attacked = perf_counter()
        self.model.train()
        loss = objective("v1", {name: self.model(x) for name, x in images.items()}, self.y)
        self.sgd.zero_grad(set_to_none=True)
        loss.backward()
        self.sgd.step()
        loss.item()
        return {"step": perf_counter() - started, "attack": attacked - started}

def choose(width, batch_size, warmup):
    """The trainer in the faster memory format, and the seconds per step in both."""
    trainers = {name: Trainer(width, batch_size, name) for name in FORMATS}
    for trainer in trainers.values():
        trainer.step()
    seconds = {name: [] for name in FORMATS}
    for _ in range(max(warmup, 1)):
        for name, trainer in trainers.items():
            seconds[name].append(trainer.step()["step"])
    medians = {name: median(times) for name, times in seconds.items()}
    return trainers[min(medians, key=medians.get)], medians

def answer(message):
    print(json.dumps(message), flush=True)

def main():
    settings = json.loads(sys.stdin.readline())
    torch.set_num_threads(settings["threads"])
    trainer, seconds = choose(settings["width"], settings["batchSize"], settings["warmup"])
    answer({"version": torch.__version__, "formats": seconds})
    for _ in sys.stdin:
        answer(trainer.step())

if __name__ == "__main__":
    main()
