"""How a case's fields become the inputs of its model: which slot of which input each fills, and what the manifest says of it."""

import random
from dataclasses import dataclass, field as member

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from nets import Net


@dataclass
class Layout:
    inputs: dict[str, tuple[str, tuple[int, ...]]] = member(default_factory=dict)
    """dtype, and shape of a row; that of a bag's ids and offsets is None."""
    places: dict[str, tuple[str, int]] = member(default_factory=dict)
    """Of a field, or of its length as `name/length`: the input, and the first slot in it."""


def slots_of(field: dict) -> int:
    if field["kind"] == "WINDOW":
        return int(np.prod(field["shape"]))
    return field["length"] if field["kind"] in ("SEQUENCE", "EMBEDDING") else 1


def layout_of(case: dict) -> Layout:
    layout, convention, real = Layout(), case["convention"], case["dtype"]
    apart, together = [], []
    for field in case["fields"]:
        is_id = field["kind"] in ("CATEGORICAL", "SEQUENCE")
        parts = [(field["name"], slots_of(field), is_id)]
        if field.get("lengthSlot"):
            parts.append((field["name"] + "/length", 1, True))
        own = field["kind"] == "WINDOW" or field.get("bag") or convention in ("named", "flat")
        (apart if own else together).extend((field, *part) for part in parts)
    for field, name, width, is_id in apart:
        dtype = case["idType"] if is_id else real
        if field.get("bag"):
            layout.inputs[name], layout.inputs[name + "_offsets"] = (dtype, None), (dtype, None)
        else:
            flat = convention == "flat" and width == 1
            shape = () if flat else tuple(field["shape"]) if field["kind"] == "WINDOW" else (width,)
            layout.inputs[name.replace("/", "_")] = (dtype, shape)
        layout.places[name] = (name.replace("/", "_"), 0)
    random.Random(case["slotOrder"]).shuffle(together)
    names = {"matrix": ["X"] * 2, "cube": ["X"] * 2}.get(convention, ["dense", "ids"])
    widths = {name: 0 for name in names}
    for _, name, width, is_id in together:
        target = names[is_id]
        layout.places[name] = (target, widths[target])
        widths[target] += width
    for name, width in widths.items():
        if width > 0:
            deep = convention == "cube" or (convention == "ids3" and name == "ids")
            shape = ((2, width // 2) if width % 2 == 0 else (width, 1)) if deep else (width,)
            layout.inputs[name] = (case["idType"] if name == "ids" else real, shape)
    return layout


def manifest_of(case: dict) -> dict:
    layout, head, features = layout_of(case), case["head"], []
    for field in case["fields"]:
        where, index = layout.places[field["name"]]
        for at, (name, column) in enumerate(columns_of(field)):
            kind = "NUMERIC" if field["kind"] == "WINDOW" else field["kind"]
            entry = {"name": name, "kind": kind, "column": column, "input": where}
            if field.get("bag"):
                entry |= {"offsetsInput": where + "_offsets", "includeLastOffset": field["lastOffset"]}
            else:
                entry["index"] = index + at
            if field["kind"] in ("SEQUENCE", "EMBEDDING") and not field.get("bag"):
                entry["length"] = field["length"]
            if field["kind"] == "SEQUENCE" and not field.get("bag"):
                entry["padding"] = field["padding"]
            entry |= {key: field[key] for key in ("missing", "transform", "group") if key in field}
            if "vocabulary" in field:
                entry |= {"vocabulary": f"{field['name']}.txt", "offset": field["vocabulary"]["offset"]}
            if field.get("lengthSlot"):
                other, slot = layout.places[field["name"] + "/length"]
                entry |= {"lengthInput": other} if other != where and case["convention"] in ("named", "flat") else {"lengthIndex": slot}
            features.append(entry)
    space = {"LOGIT": "LOGIT", "VALUE": "VALUE"}.get(head["kind"], "PROBABILITY")
    score = {"output": "score", "index": head["index"], "space": space}
    if "negativeSampling" in head:
        score["negativeSampling"] = head["negativeSampling"]
    return {"score": score, "features": features}


def columns_of(field: dict) -> list[tuple[str, str]]:
    """Names of features and of their columns; a window has a number for each of its slots."""
    if field["kind"] == "WINDOW":
        return [(f"{field['name']}_{at}", f"{field['name']}_{at}") for at in range(slots_of(field))]
    return [(field["name"], field.get("column", field["name"]))]


class Exported(nn.Module):
    """The net behind its inputs, as it is exported."""

    def __init__(self, net: Net):
        super().__init__()
        self.net, self.layout = net, layout_of(net.case)

    def slots(self, tensors: dict, name: str, width: int):
        where, index = self.layout.places[name]
        values = tensors[where]
        if len(self.layout.inputs[where][1]) == 0:
            return values.unsqueeze(1)
        flat = values.flatten(1) if len(self.layout.inputs[where][1]) > 1 else values
        return flat if flat.shape[1] == width else flat[:, index : index + width]

    def forward(self, *inputs):
        tensors, given = dict(zip(self.layout.inputs, inputs)), {}
        for field in self.net.fields:
            name, kind = field["name"], field["kind"]
            if field.get("bag"):
                table = self.net.table_of(field)
                ids, offsets = tensors[name], tensors[name + "_offsets"]
                given[name + "/bag"] = F.embedding_bag(ids, table.weight, offsets, mode=field["bag"], include_last_offset=field["lastOffset"])
                continue
            values = self.slots(tensors, name, slots_of(field))
            if kind in ("CATEGORICAL", "SEQUENCE") and not (values.dtype == torch.int32):
                values = values.long()
            given[name] = values[:, 0] if kind == "CATEGORICAL" else values
            if field.get("lengthSlot"):
                given[name + "/length"] = self.slots(tensors, name + "/length", 1)
        outputs = self.net.outputs(self.net.logits(self.net.lookup(given), given))
        return tuple(outputs.values())
