"""PyTorch's side of bench_apgd.ts: APGD-CE in L-infinity (Croce & Hein 2020, algorithm 1), timed on request.

    /usr/bin/python3 -B tasks/bench_apgd.py

Reads lines of JSON: first the settings, then a line for every attack to make. Answers each with one
line: the version of PyTorch, then what an attack found and its seconds.
"""
import json
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from torch.nn import functional as F

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests" / "fixtures"))
from make_fixtures import ResNet18

ITERATIONS, RHO, MOMENTUM = 100, 0.75, 0.75
FORMATS = (torch.contiguous_format, torch.channels_last)

def read_safetensors(path):
    """The float32 tensors of a file by name."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    tensors = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            first, end = (start + at for at in entry["data_offsets"])
            array = np.frombuffer(data[first:end], dtype="<f4").reshape(entry["shape"])
            tensors[name] = torch.from_numpy(array.copy())
    return tensors

def checkpoints():
    """The iterations at which the step size may be halved."""
    places, length, at = [], max(int(0.22 * ITERATIONS), 1), 0
    least, less = max(int(0.06 * ITERATIONS), 1), max(int(0.03 * ITERATIONS), 1)
    while at + length <= ITERATIONS:
        at += length
        places.append(at)
        length = max(length - less, least)
    return places

class Attack:
    """A model and its images in one memory format."""
    def __init__(self, settings, x, y, memory_format):
        weights = read_safetensors(settings["weights"])
        self.model = ResNet18(weights["conv1.weight"].shape[0]).eval()
        own = self.model.state_dict()
        self.model.load_state_dict({name: weights.get(name, own[name]) for name in own})
        device = settings.get("device", "cpu")
        self.model.to(device, memory_format=memory_format).requires_grad_(False)
        self.epsilon, self.batch_size = settings["epsilon"], settings["batchSize"]
        planes = x.permute(0, 3, 1, 2).to(device).contiguous(memory_format=memory_format)
        # The model takes NHWC views, whatever the order in memory.
        self.x, self.y = planes.permute(0, 2, 3, 1), y.to(device)
        with torch.no_grad():
            right = self.model(self.x).argmax(1) == self.y
        self.x, self.y = self.x[right], self.y[right]

    def look(self, x, y):
        x = x.detach().requires_grad_()
        logits = self.model(x)
        loss = F.cross_entropy(logits, y, reduction="none")
        (grad,) = torch.autograd.grad(loss.sum(), x)
        return loss.detach(), grad, logits.detach().argmax(1) == y

    def apgd(self, x, y):
        """Which of x stay classified correctly."""
        project = lambda z: torch.min(torch.max(z, x - self.epsilon), x + self.epsilon).clamp(0, 1)
        shape = (-1, 1, 1, 1)
        u = 2 * torch.rand_like(x) - 1
        z = (x + self.epsilon * u / u.abs().amax(dim=(1, 2, 3), keepdim=True)).clamp(0, 1)
        loss, grad, robust = self.look(z, y)
        best, best_grad, best_loss = z.clone(), grad.clone(), loss.clone()
        step = torch.full((len(x),), 2 * self.epsilon, device=x.device)
        previous, halved, last_best = z.clone(), torch.zeros_like(robust), loss.clone()
        rises, last, places = torch.zeros_like(loss), 0, checkpoints()
        for i in range(1, ITERATIONS + 1):
            share = MOMENTUM if i > 1 else 1.0
            ahead = project(z + step.view(shape) * grad.sign())
            moved = project(z + share * (ahead - z) + (1 - share) * (z - previous))
            previous, z = z, moved
            before = loss
            loss, grad, right = self.look(z, y)
            robust &= right
            rises += loss > before
            better = loss > best_loss
            best[better], best_grad[better] = z[better], grad[better]
            best_loss[better] = loss[better]
            if i in places:
                halve = (rises < RHO * (i - last)) | (~halved & (best_loss <= last_best))
                step[halve] /= 2
                z[halve], grad[halve] = best[halve], best_grad[halve]
                halved, last_best, last = halve, best_loss.clone(), i
                rises.zero_()
        return robust

    def run(self):
        started, robust = perf_counter(), 0
        for first in range(0, len(self.x), self.batch_size):
            part = slice(first, first + self.batch_size)
            robust += int(self.apgd(self.x[part], self.y[part]).sum())
        seconds = perf_counter() - started
        return {"attacked": len(self.x), "robust": robust, "seconds": seconds}

def answer(message):
    print(json.dumps(message), flush=True)

def main():
    settings = json.loads(sys.stdin.readline())
    torch.set_num_threads(settings["threads"])
    torch.backends.cudnn.benchmark, torch.backends.cudnn.allow_tf32 = True, False
    x = torch.from_numpy(np.fromfile(settings["images"], dtype="<f4").reshape(-1, 32, 32, 3))
    y = torch.from_numpy(np.fromfile(settings["labels"], dtype=np.uint8).astype(np.int64))
    attacks = [Attack(settings, x, y, memory_format) for memory_format in FORMATS]
    answer(torch.__version__)
    fastest = None
    for _ in sys.stdin:
        if fastest is None:
            results = [(attack.run(), attack) for attack in attacks]
            result, fastest = min(results, key=lambda each: each[0]["seconds"])
            answer(result)
        else:
            answer(fastest.run())

if __name__ == "__main__":
    main()
