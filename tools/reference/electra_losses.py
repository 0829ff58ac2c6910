"""Losses, metrics and gradients of replaced-token detection for packages/electra-task, in float32.

Models: transformers 5.23.0 (ALBERT for both; the one-logit head is ElectraForPreTraining's); torch 2.15.0. The task is
restated here: logits on all positions, cross-entropy at live slots, cross-entropy of the labels on tokens that are not
padding, weights 1 and 50. Positions, [MASK] decisions and samples are drawn here and handed over.

    python tools/reference/electra_losses.py > packages/electra-task/fixtures/losses.json
"""

import json

import numpy as np
import torch
import transformers
from torch.nn import functional as F
from transformers import AlbertConfig, AlbertForMaskedLM, AlbertForTokenClassification, AlbertModel, ElectraConfig
from transformers.models.electra.modeling_electra import ElectraDiscriminatorPredictions

B, S, K, V = 3, 12, 2, 60
CLS, SEP, MASK = 2, 3, 4
SIZES = dict(
    vocab_size=V, embedding_size=6, hidden_size=8, intermediate_size=12, max_position_embeddings=S,
    hidden_act="gelu_new", initializer_range=0.3, num_hidden_groups=1,
)
GENERATOR = AlbertConfig(**SIZES, num_hidden_layers=2, num_attention_heads=1)
DISCRIMINATOR = AlbertConfig(**SIZES, num_hidden_layers=3, num_attention_heads=2, num_labels=2)


class OneLogit(torch.nn.Module):
    """ALBERT with the head of google-research/electra."""

    def __init__(self):
        super().__init__()
        self.albert = AlbertModel(DISCRIMINATOR, add_pooling_layer=False)
        self.discriminator_predictions = ElectraDiscriminatorPredictions(ElectraConfig(hidden_size=8, hidden_act="gelu"))
        for weight in self.discriminator_predictions.parameters():
            torch.nn.init.normal_(weight, std=0.3)

    def forward(self, **inputs):
        return self.discriminator_predictions(self.albert(**inputs).last_hidden_state)


def embeddings_of(model):
    return model.albert.embeddings


def tie(generator, discriminator, parts):
    source, target = embeddings_of(generator), embeddings_of(discriminator)
    tables = dict(word="word_embeddings", position="position_embeddings", segment="token_type_embeddings")
    for part, table in tables.items():
        if part in parts:
            getattr(target, table).weight = getattr(source, table).weight
    if "norm" in parts:
        target.LayerNorm = source.LayerNorm


def batch(rng):
    lengths = [12, 9, 3]
    ids = np.zeros((B, S), dtype=np.int64)
    for row, length in enumerate(lengths):
        ids[row, :length] = rng.integers(5, V, length)
        ids[row, 0], ids[row, length - 1] = CLS, SEP
    attention = (np.arange(S) < np.array(lengths)[:, None]).astype(np.int64)
    segments = ((np.arange(S) >= 6) * attention).astype(np.int64)
    positions = np.array([[7, 2], [4, 0], [1, 0]])  # dead slots stand at 0
    weights = np.array([[1, 1], [1, 0], [1, 0]], dtype=np.float32)
    shown = np.array([[1, 0], [1, 1], [1, 0]], dtype=np.float32)  # one target keeps its token
    sampled = rng.integers(5, V, (B, K))
    sampled[1, 0] = ids[1, 4]  # a lucky guess
    return dict(ids=ids, attention=attention, segments=segments, positions=positions, weights=weights, shown=shown, sampled=sampled)


def models(head, parts, seed):
    torch.manual_seed(seed)
    generator = AlbertForMaskedLM(GENERATOR).eval()
    discriminator = (AlbertForTokenClassification(DISCRIMINATOR) if head == "linear2" else OneLogit()).eval()
    tie(generator, discriminator, parts)
    return generator, discriminator


def forward(head, generator, discriminator, data):
    ids, positions = torch.tensor(data["ids"]), torch.tensor(data["positions"])
    live = torch.tensor(data["weights"]) > 0
    rows = torch.arange(B)[:, None].expand(B, K)
    common = dict(attention_mask=torch.tensor(data["attention"]), token_type_ids=torch.tensor(data["segments"]))
    masked = ids.clone()
    hide = live & (torch.tensor(data["shown"]) > 0)
    masked[rows[hide], positions[hide]] = MASK
    logits = generator(input_ids=masked, **common).logits[rows, positions]
    if "fixed" not in data:
        ids[0, 7] = logits[0, 0].argmax()  # a right first choice; [MASK] stood there, so nothing else changes
        data["ids"], data["fixed"] = ids.numpy(), True
    targets = ids[rows, positions]
    generator_loss = F.cross_entropy(logits[live], targets[live])

    corrupted = ids.clone()
    corrupted[rows[live], positions[live]] = torch.tensor(data["sampled"])[live]
    labels = (corrupted != ids).long()
    real = common["attention_mask"] > 0
    output = discriminator(input_ids=corrupted, **common)
    if head == "linear2":
        two = output.logits
        per_token = F.cross_entropy(two.reshape(-1, 2), labels.reshape(-1), reduction="none").reshape(B, S)
        score = two[..., 1] - two[..., 0]
    else:
        score = output
        per_token = F.binary_cross_entropy_with_logits(score, labels.float(), reduction="none")
    discriminator_loss = per_token[real].mean()
    total = generator_loss + 50 * discriminator_loss
    return dict(
        total=total, generator=generator_loss, discriminator=discriminator_loss, logits=logits, targets=targets,
        live=live, labels=labels, real=real, score=score, per_token=per_token,
    )


def run(head, parts, seed):
    data = batch(np.random.default_rng(seed))
    generator, discriminator = models(head, parts, seed)
    out = forward(head, generator, discriminator, data)
    out["total"].backward()
    live, labels, real, score, per_token = (out[key] for key in ("live", "labels", "real", "score", "per_token"))

    def values(model, gradient):
        return {
            name: (p.grad if gradient else p.detach()).reshape(-1).tolist() for name, p in model.named_parameters()
        }

    shapes = {name: list(p.shape) for model in (generator, discriminator) for name, p in model.named_parameters()}
    called = (score > 0) & real
    return {
        "head": head,
        "tied": parts,
        "batch": {key: np.asarray(value).reshape(-1).tolist() for key, value in data.items() if key != "fixed"},
        "shapes": shapes,
        "generatorWeights": values(generator, False),
        "discriminatorWeights": values(discriminator, False),
        "generatorGradients": values(generator, True),
        "discriminatorGradients": values(discriminator, True),
        "total": out["total"].item(),
        "generatorLoss": out["generator"].item(),
        "discriminatorLoss": out["discriminator"].item(),
        "score": score.detach().reshape(-1).tolist(),
        "labels": labels.reshape(-1).tolist(),
        "generatorCorrect": int((out["logits"].argmax(-1) == out["targets"])[live].sum()),
        "sampledCorrect": int((torch.tensor(data["sampled"]) == out["targets"])[live].sum()),
        "replaced": int(labels.sum()),
        "calledReplaced": int(called.sum()),
        "truePositives": int((called & (labels > 0)).sum()),
        "exampleLoss": float(((per_token.detach() * real).sum(1) / real.sum(1)).sum()),
    }


def trajectory(optimizer, parts, seed, steps, rate):
    """Losses of `steps` steps on one batch with one set of draws; the optimizers of optim_updates.py, in float32."""
    data = batch(np.random.default_rng(seed))
    generator, discriminator = models("linear2", parts, seed)
    unique = {id(p): (name, p) for model in (generator, discriminator) for name, p in model.named_parameters()}
    state = {key: (torch.zeros_like(p), torch.zeros_like(p)) for key, (_, p) in unique.items()}
    losses = []
    for _ in range(steps):
        out = forward("linear2", generator, discriminator, data)
        losses.append([out["total"].item(), out["generator"].item(), out["discriminator"].item()])
        for _, p in unique.values():
            p.grad = None
        out["total"].backward()
        with torch.no_grad():
            norm = torch.nn.utils.get_total_norm([p.grad for _, p in unique.values()])
            scale = 1 / max(norm, 1) if optimizer == "adamw" else 1  # LMT's run did not clip
            for key, (name, p) in unique.items():
                m, v = state[key]
                g = p.grad * scale
                m.mul_(0.9).add_(g, alpha=0.1)
                v.mul_(0.999).addcmul_(g, g, value=0.001)
                update = m / (v.sqrt() + 1e-6)
                if not any(part in name for part in ("LayerNorm", "layer_norm", "bias")):
                    update = update + 0.01 * p
                ratio = 1.0
                if optimizer == "lamb":
                    weight, length = p.norm().clamp(0, 10), update.norm()
                    ratio = 1.0 if weight == 0 or length == 0 else weight / length
                p.sub_(rate * ratio * update)
    return losses


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    return [rounded(item) for item in value] if isinstance(value, list) else value


sizes = {**SIZES, "batch": [B, S, K]}
cases = [run("linear2", ["word", "position", "segment", "norm"], 1), run("denseGelu1", ["word"], 2)]
about = f"tools/reference/electra_losses.py, transformers {transformers.__version__}, torch {torch.__version__}"
tied = cases[0]["tied"]
trajectories = {name: trajectory(name, tied, 1, 20, rate) for name, rate in (("adamw", 1e-3), ("lamb", 1e-2))}
fixture = {"producer": about, "sizes": sizes, "cases": cases, "trajectories": trajectories}
print(json.dumps(rounded(fixture), separators=(",", ":")))
