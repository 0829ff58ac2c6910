"""The ELECTRA train step in PyTorch with Hugging Face's models: the peer of `npm run bench -- train-step`.

Discriminator ALBERT 12x256, generator ALBERT 12x64, word, position and segment tables shared, AdamW, clip 1,
dropout 0. Speaks the protocol of bench/src/contestant.ts.

  python train_step.py --variant gathered|hf|gathered-bf16|gathered-bf16-compile --threads 2

gathered: vocabulary logits at the masked positions only. hf: as Hugging Face's classes do it, on all positions.
Needs torch and transformers; any recent version.
"""

import argparse
import json
import platform
import resource
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--variant", default="gathered")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--batch", type=int, default=8)
parser.add_argument("--length", type=int, default=128)
parser.add_argument("--slots", type=int, default=19)
parser.add_argument("--vocabulary", type=int, default=30522)
args = parser.parse_args()

import torch  # noqa: E402
import transformers  # noqa: E402
from torch.nn import functional as F  # noqa: E402
from transformers import AlbertConfig, AlbertForMaskedLM, AlbertForTokenClassification  # noqa: E402

torch.set_num_threads(args.threads)
torch.manual_seed(0)
B, S, K, V = args.batch, args.length, args.slots, args.vocabulary
MASK = 103


def config(hidden, heads, inner, **more):
    return AlbertConfig(
        vocab_size=V, embedding_size=128, hidden_size=hidden, num_hidden_layers=12, num_attention_heads=heads,
        intermediate_size=inner, max_position_embeddings=S, hidden_act="gelu_new", hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0, classifier_dropout_prob=0.0, **more)


generator = AlbertForMaskedLM(config(64, 1, 256))
discriminator = AlbertForTokenClassification(config(256, 4, 1024, num_labels=2))
for table in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
    setattr(discriminator.albert.embeddings, table, getattr(generator.albert.embeddings, table))
generator.train()
discriminator.train()

parameters = list({id(p): p for m in (generator, discriminator) for p in m.parameters()}.values())
optimizer = torch.optim.AdamW(parameters, lr=1e-4, betas=(0.9, 0.999), eps=1e-6, weight_decay=0.01)

ids = torch.randint(1000, V, (B, S))
attention = torch.ones(B, S, dtype=torch.long)
types = torch.zeros(B, S, dtype=torch.long)


def losses():
    positions = torch.rand(B, S).topk(K, dim=1).indices
    labels = ids.gather(1, positions)
    masked = ids.scatter(1, positions, MASK)
    inputs = dict(attention_mask=attention, token_type_ids=types)
    if args.variant == "hf":
        logits = generator(input_ids=masked, **inputs).logits  # [B, S, V]
        targets = torch.full((B, S), -100).scatter(1, positions, labels)
        generator_loss = F.cross_entropy(logits.view(-1, V).float(), targets.view(-1))
        with torch.no_grad():
            at_slots = logits.gather(1, positions.unsqueeze(-1).expand(-1, -1, V))
    else:
        hidden = generator.albert(input_ids=masked, **inputs).last_hidden_state
        at_positions = hidden.gather(1, positions.unsqueeze(-1).expand(-1, -1, hidden.shape[-1]))
        at_slots = generator.predictions(at_positions)  # [B, K, V]
        generator_loss = F.cross_entropy(at_slots.reshape(-1, V).float(), labels.reshape(-1))
    with torch.no_grad():
        noise = -torch.log(-torch.log(torch.rand(at_slots.shape).clamp_min(1e-9)))
        sampled = (at_slots.float() + noise).argmax(-1)
        corrupted = ids.scatter(1, positions, sampled)
        replaced = (corrupted != ids).long()
    scores = discriminator(input_ids=corrupted, **inputs).logits
    discriminator_loss = F.cross_entropy(scores.view(-1, 2).float(), replaced.view(-1))
    return generator_loss + 50.0 * discriminator_loss


if "compile" in args.variant:
    losses = torch.compile(losses)


def step():
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in args.variant):
        loss = losses()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    return loss.item()


def best_product():
    """GFLOP/s of the best of a few square float32 products."""
    best = 0.0
    for size in (512, 1024, 2048):
        a, b = torch.rand(size, size), torch.rand(size, size)
        for _ in range(8):
            start = time.perf_counter()
            a @ b
            best = max(best, 2 * size**3 / (time.perf_counter() - start) / 1e9)
    return best


def answer(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


first = step()
answer({
    "firstLoss": first, "bestProduct": best_product(), "parameters": sum(p.numel() for p in parameters),
    "versions": f"torch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}"})
for line in sys.stdin:
    question = json.loads(line)
    if question.get("memory"):
        answer({"peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})
        continue
    seconds = []
    for _ in range(question["steps"]):
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    answer({"seconds": seconds})
