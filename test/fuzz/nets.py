"""Networks of the kinds that rank and recommend, built from a case's words and split where their carriers are.

A net looks ids up (`lookup`: a list of carriers for each field) and computes logits from carriers (`logits`), so that a reference can move
carriers as it likes. Every weight is drawn from the case's seed and its own name: a case that shrinks keeps the weights that stay.
"""

import zlib

import torch
import torch.nn.functional as F
from torch import nn

ACTIVATIONS = {
    "relu": F.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "silu": F.silu,
    "elu": F.elu,
    "leakyRelu": F.leaky_relu,
    "softplus": F.softplus,
    "selu": F.selu,
    "hardtanh": F.hardtanh,
    "mish": F.mish,
    "square": lambda x: x**2,
    "none": lambda x: x,
}
"""Functions of single elements; softplus of PyTorch is the identity beyond 20, to less than float32 tells."""

def drawn(shape, seed: int, name: str, scale: float) -> torch.Tensor:
    generator = torch.Generator().manual_seed(zlib.crc32(f"{seed}/{name}".encode()))
    return torch.randn(shape, generator=generator, dtype=torch.float64) * scale


def draw_weights(net: nn.Module, seed: int, gain: float) -> None:
    with torch.no_grad():
        for name, weight in net.named_parameters():
            fan = weight.shape[-1] if weight.dim() > 1 and "tables" not in name else 1
            weight.copy_(drawn(weight.shape, seed, name, gain * (0.5 if fan == 1 else fan**-0.5)))
        for name, part in net.named_modules():
            if isinstance(part, nn.BatchNorm1d):
                part.running_mean.copy_(drawn(part.running_mean.shape, seed, name + "/mean", 0.3))
                part.running_var.copy_(drawn(part.running_var.shape, seed, name + "/deviation", 0.4) ** 2 + 0.5)


def last_state(cell, x):
    """The state after the last position. Where it begins is said, for the older exporter would write down how many rows its example had."""
    start = torch.zeros_like(x[:, 0, :1]).expand(-1, cell.hidden_size).unsqueeze(0).contiguous()
    return cell(x, (start, start) if isinstance(cell, nn.LSTM) else start)[0][:, -1]


class Experts(nn.Module):
    """Some dense layers, mixed by a gate (Ma et al. 2018)."""

    def __init__(self, width: int, units: int):
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(width, units) for _ in range(2))
        self.gate = nn.Linear(width, 2)

    def forward(self, x):
        gate = torch.softmax(self.gate(x), 1)
        return (torch.stack([expert(x) for expert in self.experts], 1) * gate.unsqueeze(2)).sum(1)


SAME_WIDTH = ("cross", "gate", "weigh", "l2", "root", "bilinear")
"""Blocks that are as wide as what they read."""


class Rms(nn.Module):
    """RMSNorm written out, for the older exporter does not know it."""

    def __init__(self, units: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(units))

    def forward(self, x):
        return x * torch.rsqrt((x**2).mean(1, keepdim=True) + 1e-5) * self.weight


class Block(nn.Module):
    """A layer of the trunk: dense or one of its kin, then perhaps a normalisation, then an activation; or a residual around it."""

    def __init__(self, block: dict, width: int):
        super().__init__()
        self.block, kind = block, block["type"]
        self.out = width if kind in SAME_WIDTH else block["units"]
        linear = lambda units: nn.Linear(width, units, bias=block.get("bias", True))
        self.dense = Experts(width, self.out) if kind == "experts" else linear(self.out * 2 if kind in ("glu", "maxout") else self.out)
        norms = {"batch": nn.BatchNorm1d, "layer": nn.LayerNorm, "rms": Rms, "group": lambda units: nn.GroupNorm(1, units)}
        self.norm = norms[block["norm"]](self.out) if block.get("norm") else None
        self.prelu = nn.Parameter(torch.ones(self.out)) if block["activation"] == "prelu" else None

    def special(self, x, y, first, act):
        """What is more than a dense layer; None where it is none."""
        kind = self.block["type"]
        if kind == "cross":
            return first * y + x
        if kind == "gate":
            return x * act("sigmoid", y)
        if kind == "weigh":
            return x * torch.softmax(y, 1)
        if kind == "l2":
            return F.normalize(y, dim=1)
        if kind == "root":
            return torch.sign(y) * (torch.sqrt(y.abs() + 0.1) - 0.1**0.5)
        if kind == "bilinear":
            return torch.einsum("ni,nj,ij->nj", x, y, self.dense.weight)
        if kind == "glu":
            return F.glu(y, 1)
        return torch.maximum(*y.chunk(2, 1)) if kind == "maxout" else None

    def forward(self, x, first, act):
        y = self.dense(x)
        special = self.special(x, y, first, act)
        if special is not None:
            return special
        late = self.block.get("normLast", False)
        if self.norm is not None and not late:
            y = self.norm(y)
        y = act("prelu", y, self.prelu) if self.prelu is not None else act(self.block["activation"], y)
        if self.norm is not None and late:
            y = self.norm(y)
        return x + y if self.block.get("residual") and self.out == x.shape[1] else y


class Pooling(nn.Module):
    """[n, positions, dimension] with a mask → [n, width]."""

    def __init__(self, field: dict):
        super().__init__()
        self.kind, dim, length = field["pooling"], field["dim"], field["length"]
        self.width = {"flatten": dim * length, "gru": 3, "lstm": 3, "conv": 3}.get(self.kind, dim)
        if self.kind in ("gru", "lstm"):
            self.cell = {"gru": nn.GRU, "lstm": nn.LSTM}[self.kind](dim, 3, batch_first=True)
        if self.kind == "self":
            self.query, self.key, self.value = (nn.Linear(dim, dim) for _ in range(3))
            self.place = nn.Parameter(torch.zeros(length, dim))
        if self.kind == "conv":
            self.conv = nn.Conv1d(dim, 3, 2, padding=1)
        if self.kind == "attention":
            self.score = nn.Sequential(nn.Linear(4 * dim, 3), nn.PReLU(), nn.Linear(3, 1))
            self.soft = field.get("softmax", False)

    def forward(self, x, mask, count, query, act):
        """mask: [n, positions] of 0 and 1; count: [n, 1], of what to divide by."""
        if self.kind == "flatten":
            return x.flatten(1)
        if self.kind in ("gru", "lstm"):
            return last_state(self.cell, x)
        if self.kind == "self":
            x = x + self.place
            weight = self.query(x) @ self.key(x).transpose(1, 2) / x.shape[2] ** 0.5
            weight = torch.softmax(weight.masked_fill(mask.unsqueeze(1) == 0, -1e9), 2)
            return ((weight @ self.value(x)) * mask.unsqueeze(2)).sum(1) / count
        if self.kind == "conv":
            return act("relu", self.conv(x.transpose(1, 2))).mean(2)
        if self.kind == "max":
            return (x - (1 - mask.unsqueeze(2)) * 100).amax(1)
        if self.kind == "attention":
            query = query.unsqueeze(1).expand_as(x)
            weight = self.score(torch.cat([query, x, query - x, query * x], 2)).squeeze(2)
            weight = torch.softmax(weight - (1 - mask) * 1e4, 1) if self.soft else weight * mask
            return (weight.unsqueeze(2) * x).sum(1)
        total = (x * mask.unsqueeze(2)).sum(1)
        return total / count if self.kind == "mean" else total


class Window(nn.Module):
    """[n, steps, channels] or [n, 1, height, width] of numbers → [n, width]."""

    def __init__(self, field: dict):
        super().__init__()
        self.shape, self.via = field["shape"], field["via"]
        inner = self.shape[-1]
        if self.via == "gru":
            self.gru, self.width = nn.GRU(inner, 3, batch_first=True), 3
        elif self.via == "conv":
            self.conv, self.width = nn.Conv1d(inner, 3, 2), 3 * (self.shape[0] - 1)
        elif self.via == "conv2d":
            self.conv = nn.Conv2d(1, 2, 2)
            self.width = 2 * (self.shape[1] - 1) * (self.shape[2] - 1)
        elif self.via == "linear":
            self.linear, self.width = nn.Linear(inner, 2), 2 * self.shape[0]
        else:
            self.width = inner

    def forward(self, x, act):
        if self.via == "gru":
            return last_state(self.gru, x)
        if self.via == "conv":
            return act("relu", self.conv(x.transpose(1, 2))).flatten(1)
        if self.via == "conv2d":
            return act("tanh", self.conv(x)).flatten(1)
        if self.via == "linear":
            return act("relu", self.linear(x)).flatten(1)
        return x.flatten(1).reshape(-1, *self.shape).mean(1) if len(self.shape) == 2 else x.mean((1, 2))


def carrier_count(field: dict) -> int:
    if field["kind"] == "WINDOW":
        return int(torch.tensor(field["shape"]).prod())
    return 2 if field.get("wide") else 1


class Net(nn.Module):
    """fields, blocks, head: as `draw.py` says them."""

    def __init__(self, case: dict):
        super().__init__()
        self.case, self.fields = case, case["fields"]
        self.tables, self.wide, self.pools = nn.ModuleDict(), nn.ModuleDict(), nn.ModuleDict()
        self.taps, self.act = None, self.plain
        width = 0
        for field in self.fields:
            name, kind = field["name"], field["kind"]
            if kind in ("CATEGORICAL", "SEQUENCE"):
                if field.get("table") is None:
                    self.tables[name] = nn.Embedding(field["size"], field["dim"])
                if field.get("wide"):
                    self.wide[name] = nn.Embedding(field["size"], 1)
            if kind == "SEQUENCE" and not field.get("bag"):
                self.pools[name] = Pooling(field)
            if kind == "WINDOW":
                self.pools[name] = Window(field)
            width += self.width_of(field)
        self.crossed = [f["name"] for f in self.fields if f["kind"] == "CATEGORICAL" and f["dim"] == case["dim"]]
        if case.get("fm") in ("vector", "attention") and len(self.crossed) > 1:
            width += case["dim"]
        if case.get("fm") == "attention":
            self.among = nn.ModuleList(nn.Linear(case["dim"], case["dim"]) for _ in range(3))
        first, self.blocks = width, nn.ModuleList()
        for block in case["blocks"]:
            self.blocks.append(Block(block, width))
            width = self.blocks[-1].out
        self.first = first
        self.heads = nn.Linear(width, case["head"]["logits"])
        draw_weights(self, case["seed"], case["gain"])
        with torch.no_grad():
            self.heads.weight.mul_(case.get("headGain", 1))

    def width_of(self, field: dict) -> int:
        kind = field["kind"]
        if kind in ("SEQUENCE", "WINDOW") and not field.get("bag"):
            return self.pools[field["name"]].width
        return field["length"] if kind == "EMBEDDING" else field["dim"] if kind != "NUMERIC" else 1

    def plain(self, name, x, weight=None):
        return F.prelu(x, weight) if name == "prelu" else ACTIVATIONS[name](x)

    def tap(self, name: str, x):
        return x if self.taps is None else self.taps(name, x)

    def table_of(self, field: dict) -> nn.Embedding:
        return self.tables[field.get("table") or field["name"]]

    def lookup(self, given: dict) -> dict[str, list[torch.Tensor]]:
        """given: ids [n] or [n, positions], or numbers [n, 1] or [n, width], by name of the field."""
        found = {}
        if self.case.get("joint"):
            found = self.jointly(given)
        for field in self.fields:
            name, kind = field["name"], field["kind"]
            if name in found:
                continue
            if name + "/bag" in given:
                found[name] = [given[name + "/bag"]]
            elif kind in ("CATEGORICAL", "SEQUENCE"):
                found[name] = [self.table_of(field)(given[name])]
                if field.get("wide"):
                    found[name].append(self.wide[name](given[name]))
            elif kind == "WINDOW":
                found[name] = list(given[name].flatten(1).split(1, 1))
            else:
                found[name] = [given[name]]
        return found

    def jointly(self, given: dict) -> dict[str, list[torch.Tensor]]:
        """Tables one below the other, looked up at once: ids are moved by where their table begins (as torchfm and FuxiCTR do)."""
        own = [field for field in self.fields if field["name"] in self.crossed and not field.get("wide") and field.get("table") is None]
        if len(own) < 2:
            return {}
        starts = torch.tensor([0, *(field["size"] for field in own[:-1])]).cumsum(0)
        table = torch.cat([self.tables[field["name"]].weight for field in own])
        ids = torch.stack([given[field["name"]] for field in own], 1)
        looked = torch.nn.functional.embedding(ids + starts, table)
        return {field["name"]: [looked[:, at]] for at, field in enumerate(own)}

    def pooled(self, field: dict, carriers: dict, given: dict):
        name, x = field["name"], carriers[field["name"]][0]
        if field["kind"] != "SEQUENCE" or name + "/bag" in given:
            return x
        if field.get("bag"):
            mask = given[name + "/real"].to(x.dtype)
            total = (x * mask.unsqueeze(2)).sum(1)
            return total / mask.sum(1, keepdim=True).clamp(min=1) if field["bag"] == "mean" else total
        mask = (given[name] != field["padding"]).to(x.dtype)
        count = mask.sum(1, keepdim=True)
        if field.get("lengthSlot"):
            count = given[name + "/length"].to(x.dtype).reshape(-1, 1)
            mask = (torch.arange(field["length"]) < count).to(x.dtype)
        query = carriers[field["table"]][0] if field["pooling"] == "attention" else None
        return self.pools[name](x, mask, count.clamp(min=1), query, self.act)

    def logits(self, carriers: dict, given: dict):
        """[n, logits] from carriers; masks and lengths are those of what was given."""
        parts, wide = [], 0
        for field in self.fields:
            if field["kind"] == "WINDOW":
                x = torch.cat(carriers[field["name"]], 1).reshape(-1, *field["shape"])
                parts.append(self.pools[field["name"]](x, self.act))
                continue
            x = self.pooled(field, carriers, given)
            # Of what others read as well, a tap would see a part of the way.
            parts.append(self.tap(f"pooled/{field['name']}", x) if field["kind"] == "SEQUENCE" else x)
            if field.get("wide"):
                wide = wide + carriers[field["name"]][1]
        return self.after(parts, [carriers[name][0] for name in self.crossed], wide)

    def after(self, parts: list, crossed: list, wide):
        kind = self.case.get("fm")
        products = 0
        if kind and len(crossed) > 1:
            stacked = torch.stack(crossed, 1)
            products = self.attended(stacked) if kind == "attention" else 0.5 * (self.act("square", stacked.sum(1)) - self.act("square", stacked).sum(1))
            if kind != "scalar":
                parts, products = [*parts, products], 0
            else:
                products = products.sum(1, keepdim=True)
        x = first = self.tap("joined", torch.cat(parts, 1))
        for at, block in enumerate(self.blocks):
            first = first if first.shape[1] == x.shape[1] else x
            x = self.tap(f"block{at}", block(x, first, self.act))
        return self.heads(x) + wide + products

    def attended(self, fields):
        """Self-attention among the fields (Song et al. 2019), summed."""
        query, key, value = (part(fields) for part in self.among)
        weight = torch.softmax(query @ key.transpose(1, 2) / fields.shape[2] ** 0.5, 2)
        return (weight @ value + fields).sum(1)

    def outputs(self, logits) -> dict[str, torch.Tensor]:
        """The model's outputs by name."""
        kind = self.case["head"]["kind"]
        if kind == "PROBABILITY":
            return {"score": self.act("sigmoid", logits)}
        if kind == "SOFTMAX":
            return {"score": torch.softmax(logits, 1)}
        if kind == "PRODUCT":
            p = self.act("sigmoid", logits)
            return {"score": p[:, :1] * p[:, 1:2]}
        if kind == "TASKS":
            p = self.act("sigmoid", logits)
            return {"score": p[:, :1], "other": p[:, 1:]}
        return {"score": logits}
