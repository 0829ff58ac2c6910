"""Optimizer trajectories for packages/optim, in float64.

AdamW with bias correction and the norm clip come from torch (2.15.0); AdamW without correction and both LAMBs
are restated here from the formulas of the papers and the two public implementations that are named below.

    python tools/reference/optim_updates.py > packages/optim/fixtures/updates.json
"""

import json

import numpy as np
import torch

BETA1, BETA2, EPSILON, DECAY = 0.9, 0.999, 1e-6, 0.01
RATES = [0.0, 1e-3, 2e-3, 2e-3, 1.5e-3, 1e-3]
MAX_NORM = 1.0
SHAPES = {
    "embeddings.word_embeddings.weight": (7, 4),  # norm above 10, so that the clamp of pytorch-lamb acts
    "layer.query.weight": (4, 3),
    "layer.query.bias": (3,),  # starts at zero: ratio 1
    "layer.attention.LayerNorm.weight": (4,),
    "layer.full_layer_layer_norm.weight": (4,),  # the name that LMT's exclusion list misses
}

rng = np.random.default_rng(20)
start = {
    name: np.zeros(shape) if name.endswith("bias") else np.ones(shape) if "norm" in name.lower() else rng.normal(0, 0.5, shape)
    for name, shape in SHAPES.items()
}
start["embeddings.word_embeddings.weight"] *= 8
start = {name: value.astype(np.float32).astype(np.float64) for name, value in start.items()}
gradients = [
    {name: rng.normal(0, 0.4, shape).astype(np.float32).astype(np.float64) for name, shape in SHAPES.items()} for _ in RATES
]


def is_excluded(name, patterns):
    return any(pattern in name for pattern in patterns)


ALL_NORMS = ["LayerNorm", "layer_norm", "bias"]
AS_LMT = ["bias", "LayerNorm.weight"]


def clip(grads):
    """torch's own norm; the factor in TensorFlow's form (no 1e-6)."""
    norm = float(torch.nn.utils.get_total_norm([torch.tensor(g) for g in grads.values()]))
    return {name: g * min(1.0, MAX_NORM / norm) for name, g in grads.items()}, norm


def torch_adamw(patterns):
    params = {name: torch.nn.Parameter(torch.tensor(value)) for name, value in start.items()}
    groups = [
        {"params": [p for n, p in params.items() if not is_excluded(n, patterns)], "weight_decay": DECAY},
        {"params": [p for n, p in params.items() if is_excluded(n, patterns)], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=(BETA1, BETA2), eps=EPSILON)
    for rate, grads in zip(RATES, gradients):
        for group in optimizer.param_groups:
            group["lr"] = rate
        for name, parameter in params.items():
            parameter.grad = torch.tensor(grads[name])
        optimizer.step()
    return {name: parameter.detach().numpy() for name, parameter in params.items()}


def restated(step, patterns, clipped=False):
    """Runs `step(name, theta, update without lr, excluded) -> factor on lr`."""
    theta = {name: value.copy() for name, value in start.items()}
    m = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    v = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    for rate, grads in zip(RATES, gradients):
        if clipped:
            grads, _ = clip(grads)
        for name, g in grads.items():
            m[name] = BETA1 * m[name] + (1 - BETA1) * g
            v[name] = BETA2 * v[name] + (1 - BETA2) * g * g
            update = m[name] / (np.sqrt(v[name]) + EPSILON)
            excluded = is_excluded(name, patterns)
            if not excluded:
                update = update + DECAY * theta[name]
            theta[name] = theta[name] - rate * step(theta[name], update, excluded) * update
    return theta


def adamw(theta, update, excluded):
    """google-research/electra model/optimization.py: the plain update."""
    return 1.0


def pytorch_lamb(theta, update, excluded):
    """cybertronai/pytorch-lamb lamb.py: every tensor, weight norm clamped to [0, 10]."""
    weight, length = min(np.linalg.norm(theta), 10.0), np.linalg.norm(update)
    return 1.0 if weight == 0 or length == 0 else weight / length


def google_lamb(theta, update, excluded):
    """google-research/albert lamb_optimizer.py: no clamp, excluded tensors keep ratio 1."""
    weight, length = np.linalg.norm(theta), np.linalg.norm(update)
    return 1.0 if excluded or weight == 0 or length == 0 else weight / length


def plain(record):
    return {name: np.asarray(value).ravel().tolist() for name, value in record.items()}


fixture = {
    "producer": f"tools/reference/optim_updates.py, torch {torch.__version__}, numpy {np.__version__}",
    "shapes": SHAPES,
    "rates": RATES,
    "maxNorm": MAX_NORM,
    "start": plain(start),
    "gradients": [plain(g) for g in gradients],
    "norms": [clip(g)[1] for g in gradients],
    "end": {
        "adamw with bias correction": plain(torch_adamw(ALL_NORMS)),
        "adamw": plain(restated(adamw, ALL_NORMS)),
        "adamw clipped": plain(restated(adamw, ALL_NORMS, clipped=True)),
        "lamb pytorch-lamb": plain(restated(pytorch_lamb, AS_LMT)),
        "lamb google-albert": plain(restated(google_lamb, ALL_NORMS, clipped=True)),
    },
}
print(json.dumps(fixture))
