"""Trains the PyTorch reference of `npm run reproduce -- curves`: replaced-token detection from the paper's algorithm.

Models: Hugging Face's classes (AlbertForMaskedLM and AlbertForTokenClassification, or ElectraForMaskedLM and
ElectraForPreTraining), logits gathered at the slots; the task, AdamW without bias correction and LAMB of pytorch-lamb
are restated here. Weights to start from, batches, masks, samples and learning rates are given, nothing is drawn.
Tried with torch 2.15.0 and transformers 5.23.0.

    python tools/reference/electra_curves.py --run folder --threads 2

The folder has generator.safetensors, discriminator.safetensors and reference.json (what `Setup` is in
bench/src/reproduce-peer.ts). With --perturb the first weights are changed a little: how fast that grows is how far
rounding alone can take two runs apart. With --double everything is computed in float64: an arbiter between two runs in
float32. Each line of standard input is a step {inputIds, attentionMask, tokenTypeIds, maskedIds [B S], positions, weights,
sampled [B K], learningRate}, answered with its losses before the update; {"save": folder}, which writes the weights;
or {"compare": folder}, answered with the distance of the weights to those in that folder, over all tensors and for each,
as a share of the way gone since the start.
"""

import argparse
import json
import os
import platform
import sys

parser = argparse.ArgumentParser()
parser.add_argument("--run", required=True)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--perturb", type=float, default=0.0, help="relative change of the first weights, a control")
parser.add_argument("--double", action="store_true", help="compute in float64")
args = parser.parse_args()

import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from torch.nn import functional as F  # noqa: E402

torch.set_num_threads(args.threads)
FLOAT = torch.float64 if args.double else torch.float32
with open(os.path.join(args.run, "reference.json"), encoding="utf-8") as file:
    setup = json.load(file)
B, S, K = setup["rows"], setup["length"], setup["slots"]
PARTS = ("generator", "discriminator")


def read(folder):
    return {part: load_file(os.path.join(folder, f"{part}.safetensors")) for part in PARTS}


def build(part, head, start):
    fields = dict(setup[part])
    family = fields.pop("model_type")
    config = transformers.AutoConfig.for_model(family, **fields, num_labels=2)
    model = getattr(transformers, family.capitalize() + head[family])(config)
    missing, unexpected = model.load_state_dict(start[part], strict=False)
    own = {name for name, _ in model.named_parameters()}
    left_out = [name for name in missing if name in own]
    if unexpected or left_out:
        sys.exit(f"electra_curves: the {part} does not fit: without a value {left_out}, unknown {unexpected}")
    return model.to(FLOAT).train()  # dropout is 0 in both configurations


start = read(args.run)
generator = build("generator", {"albert": "ForMaskedLM", "electra": "ForMaskedLM"}, start)
discriminator = build("discriminator", {"albert": "ForTokenClassification", "electra": "ForPreTraining"}, start)


def share():
    """One tensor for both models wherever the settings tie them; the generator's output table is its input table."""
    source, target = (getattr(model, model.base_model_prefix).embeddings for model in (generator, discriminator))
    tables = dict(word="word_embeddings", position="position_embeddings", segment="token_type_embeddings")
    for part in setup["tied"]:
        if part == "norm":
            target.LayerNorm = source.LayerNorm
        else:
            getattr(target, tables[part]).weight = getattr(source, tables[part]).weight


share()
unique = {}
for part, model in zip(PARTS, (generator, discriminator)):
    for name, parameter in model.named_parameters():
        unique.setdefault(id(parameter), (f"{part}.{name}", parameter))
named = dict(unique.values())
if args.perturb > 0:
    noise = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for p in named.values():
            p.mul_(1 + args.perturb * torch.randn(p.shape, generator=noise))
moments = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in named.items()}


def logits_at(model, inputs, positions):
    hidden = getattr(model, model.base_model_prefix)(**inputs)[0]
    rows = hidden.gather(1, positions.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))
    if setup["generator"]["model_type"] == "albert":
        return model.predictions(rows)
    return model.generator_lm_head(model.generator_predictions(rows))


def losses(step):
    def tensor(name, columns, dtype=torch.long):
        return torch.tensor(step[name], dtype=dtype).reshape(B, columns)

    ids, attention = tensor("inputIds", S), tensor("attentionMask", S)
    common = dict(attention_mask=attention, token_type_ids=tensor("tokenTypeIds", S))
    positions, live = tensor("positions", K), tensor("weights", K, torch.float32) > 0
    logits = logits_at(generator, dict(input_ids=tensor("maskedIds", S), **common), positions)
    generator_loss = F.cross_entropy(logits[live], ids.gather(1, positions)[live])

    rows = torch.arange(B).unsqueeze(1).expand(B, K)
    corrupted = ids.clone()
    corrupted[rows[live], positions[live]] = tensor("sampled", K)[live]
    labels = corrupted != ids
    real = attention > 0
    scores = discriminator(input_ids=corrupted, **common).logits
    if scores.dim() == 3:
        discriminator_loss = F.cross_entropy(scores[real], labels[real].long())
    else:
        discriminator_loss = F.binary_cross_entropy_with_logits(scores[real], labels[real].to(FLOAT))
    total = setup["generatorWeight"] * generator_loss + setup["discriminatorWeight"] * discriminator_loss
    return total, generator_loss, discriminator_loss


@torch.no_grad()
def update(rate):
    optimizer, beta1, beta2 = setup["optimizer"], setup["beta1"], setup["beta2"]
    scale = 1.0
    if setup["maxGradientNorm"] > 0:
        norm = torch.sqrt(sum((p.grad**2).sum() for p in named.values()))
        scale = setup["maxGradientNorm"] / max(norm.item(), setup["maxGradientNorm"])
    for name, p in named.items():
        m, v = moments[name]
        g = p.grad * scale
        m.mul_(beta1).add_(g, alpha=1 - beta1)
        v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
        change = m / (v.sqrt() + setup["epsilon"])
        if not any(part in name for part in setup["excludeFromDecay"]):
            change = change + setup["weightDecay"] * p
        ratio = 1.0
        if optimizer == "lamb":
            weight, length = p.norm().clamp(0, 10), change.norm()
            ratio = 1.0 if weight == 0 or length == 0 else (weight / length).item()
        p.sub_(change, alpha=rate * ratio)


def train(step):
    for p in named.values():
        p.grad = None
    total, generator_loss, discriminator_loss = losses(step)
    total.backward()
    update(step["learningRate"])
    return {"losses": [total.item(), generator_loss.item(), discriminator_loss.item()]}


def save(folder):
    os.makedirs(folder, exist_ok=True)
    for part in PARTS:
        own = {name: p.detach().contiguous() for name, p in of_part(part)}
        save_file(own, os.path.join(folder, f"{part}.safetensors"))
    return {}


def of_part(part):
    return [(name.split(".", 1)[1], p) for name, p in named.items() if name.startswith(f"{part}.")]


@torch.no_grad()
def compare(folder):
    other = read(folder)
    squares = {}
    for part in PARTS:
        for name, p in of_part(part):
            apart, way = ((p.double() - x[part][name].double()).norm().item() for x in (other, start))
            squares[f"{part}.{name}"] = (apart**2, way**2)
    apart, way = (sum(column) for column in zip(*squares.values()))
    share = {name: ratio(a, w) for name, (a, w) in squares.items()}
    return {"distance": ratio(apart, way), "tensors": share}


def ratio(apart, way):
    return (apart / way) ** 0.5 if way > 0 else 0.0  # the first rate of every schedule is 0: nothing has moved


def answer(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


versions = f"torch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}"
answer({"versions": versions, "parameters": sum(p.numel() for p in named.values())})
for line in sys.stdin:
    question = json.loads(line)
    known = [(kind, act) for kind, act in (("save", save), ("compare", compare)) if kind in question]
    answer(known[0][1](question[known[0][0]]) if known else train(question))
