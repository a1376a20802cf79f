"""Attributions by Captum, on tensors that are already in memory: python attribution.py <S or L> <rows>.

For each line that it reads, a method's name, it attributes every batch of 4,096 rows to the net's carriers, averages the norms by
feature, and answers with a line. Needs torch and captum. One thread: Captum's best here.
"""

import sys

import torch
from captum.attr import IntegratedGradients, Saliency

torch.manual_seed(0)
torch.set_num_threads(1)
name, row_count = sys.argv[1], int(sys.argv[2])
batch_rows = 4096
widths = [128, 128, 64, 32, 16] if name == "S" else [416, 1024, 512, 256, 128]
layers = [m for a, b in zip(widths, widths[1:]) for m in (torch.nn.Linear(a, b), torch.nn.ReLU())]
net = torch.nn.Sequential(*layers, torch.nn.Linear(widths[-1], 1)).eval()
tables = [torch.randn(n, 16) for n in (7, 24, 100, 500, 1000, 4000, 20_000, 50_000)]
batches = range(0, row_count, batch_rows)
if name == "S":
    ids = torch.stack([torch.randint(len(t), (row_count,)) for t in tables], 1)
else:
    numbers = torch.randn(row_count, 416)


def carriers(at: int) -> tuple[torch.Tensor, ...]:
    if name == "L":
        return (numbers[at : at + batch_rows],)
    part = ids[at : at + batch_rows]
    return tuple(t[part[:, i]] for i, t in enumerate(tables))


def logit(*inputs: torch.Tensor) -> torch.Tensor:
    return net(torch.cat(inputs, 1))[:, 0]


methods = {
    "SALIENCY": lambda inputs: Saliency(logit).attribute(inputs),
    "INTEGRATED_GRADIENTS": lambda inputs: IntegratedGradients(logit).attribute(
        inputs, n_steps=50, internal_batch_size=batch_rows
    ),
}
for line in sys.stdin:
    for at in batches:
        found = methods[line.strip()](carriers(at))
        [a.abs().sum(0) if name == "L" else a.norm(dim=1).sum() for a in found]
    print("done", flush=True)
