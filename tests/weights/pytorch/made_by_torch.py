"""Saves a ResNet-18 in every way that PyTorch has, with its logits on 256 images.

    python made_by_torch.py FIXTURES FOLDER

FIXTURES has make_fixtures.py, whose network this is. FOLDER gets the files NAME.pt, images.f32 [256,32,32,3], and the
logits [256,10] of some of them as NAME.f64, computed in float64.
"""
import collections
import copy
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import numpy as np
import torch
from make_fixtures import ResNet18, random_start

folder = Path(sys.argv[2])
torch.manual_seed(7)
rng = np.random.default_rng(7)
model = ResNet18(4).eval()
model.load_state_dict({name: t.float() for name, t in random_start(rng, 4).items()})
images = torch.from_numpy(rng.random((256, 32, 32, 3), dtype=np.float32))
(folder / "images.f32").write_bytes(images.numpy().tobytes())


def put(name, value, legacy=False, protocol=2):
    zipped = not legacy
    torch.save(
        value, folder / f"{name}.pt", _use_new_zipfile_serialization=zipped, pickle_protocol=protocol
    )


def judge(name, judged):
    with torch.no_grad():
        logits = copy.deepcopy(judged).double()(images.double())
    (folder / f"{name}.f64").write_bytes(logits.numpy().tobytes())


def rounded(dtype):
    """The state dict in dtype, and the model that it is."""
    state = {n: t.to(dtype) if t.is_floating_point() else t for n, t in model.state_dict().items()}
    twin = copy.deepcopy(model)
    twin.load_state_dict({n: t.float() if t.is_floating_point() else t for n, t in state.items()})
    return state, twin


state = copy.deepcopy(model.state_dict())
put("zip", state)
judge("zip", model)
put("legacy", state, legacy=True)
put("protocol5", state, protocol=5)
put("legacy4", state, legacy=True, protocol=4)
put("double", {n: t.double() for n, t in state.items()})
for name, dtype in (("half", torch.float16), ("bfloat", torch.bfloat16)):
    state_in, twin = rounded(dtype)
    put(name, state_in)
    judge(name, twin)

# Strides of their own, and one storage that all parameters are parts of.
put("channels_last", copy.deepcopy(model).to(memory_format=torch.channels_last).state_dict())
flat = torch.cat([torch.zeros(3)] + [t.float().flatten() for t in state.values()])
shared, at = collections.OrderedDict(), 3
for name, t in state.items():
    shared[name] = flat[at : at + t.numel()].view(t.shape)
    at += t.numel()
shared["linear.weight"] = state["linear.weight"].t().contiguous().t()
put("shared", shared)
put("shared_legacy", shared, legacy=True)

# What training scripts save beside the network.
other = ResNet18(4)
optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [75, 90])
model.train()(images[:2]).sum().backward()
optimizer.step()
model.eval().load_state_dict(state)
checkpoint = {
    "epoch": 7,
    "best_acc": np.float64(52.5),
    "history": [np.float32(1.5), np.arange(6.0).reshape(2, 3).T, (1, None, True, 2**70, -1.5)],
    "rng": torch.get_rng_state(),
    "seen": {"a", "b"},
    "raw": b"\x00\xff",
    "dtype": torch.float16,
    "size": torch.Size([1, 2]),
    "optimizer_state_dict": optimizer.state_dict(),
    "scheduler": schedule.state_dict(),
    "ema_state_dict": other.state_dict(),
    "state_dict": {
        "module." + n: torch.nn.Parameter(t) if t.is_floating_point() else t
        for n, t in state.items()
    },
}
put("checkpoint", checkpoint)
put("checkpoint_legacy", checkpoint, legacy=True, protocol=4)
names = {n: n.replace("linear", "fc").replace("shortcut", "downsample") for n in state}
put("torchvision", {"model": {names[n]: t for n, t in state.items()}})



class Normalised(torch.nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor([0.4914, 0.4822, 0.4465]))
        self.register_buffer("std", torch.tensor([0.2471, 0.2435, 0.2616]))

    def forward(self, x):
        return self.model((x - self.mean) / self.std)


normalised = Normalised(model)
put("normalised", {"model_state_dict": normalised.state_dict()})
judge("normalised", normalised)

# And what is refused.
torch.save(model, folder / "whole.pt")
torch.save({**state, "linear.weight": state["linear.weight"].to_sparse()}, folder / "sparse.pt")
torch.jit.save(torch.jit.trace(model, images[:1]), folder / "script.pt")
np.savez(folder / "arrays.npz", x=np.zeros(3))
