"""Fine-tunes a sequence classifier in PyTorch on given batches: the reference of apps/evaluate's parity test.

Reads case.json in a folder: steps (inputIds, attentionMask, tokenTypeIds, labels, learningRate), validation batches
(the first three) and epsilon; trains the model of the folder with dropout 0 by torch.optim.AdamW and gradients
clipped to norm 1; writes reference.json: the loss before each step and the logits of the validation batches.

  python glue_finetune.py folder

Written for transformers 5.23 and torch 2.15; any recent version will do.
"""

import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification

folder = Path(sys.argv[1])
case = json.loads((folder / "case.json").read_text())
model = AutoModelForSequenceClassification.from_pretrained(folder)
model.train()  # the config has dropout 0
optimizer = torch.optim.AdamW(model.parameters(), lr=1.0, eps=case["epsilon"], weight_decay=0.0)


def inputs(batch):
    names = {"input_ids": "inputIds", "attention_mask": "attentionMask", "token_type_ids": "tokenTypeIds"}
    return {name: torch.tensor(batch[ours]) for name, ours in names.items()}


losses = []
for step in case["steps"]:
    for group in optimizer.param_groups:
        group["lr"] = step["learningRate"]
    optimizer.zero_grad()
    loss = model(**inputs(step), labels=torch.tensor(step["labels"])).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    losses.append(loss.item())

model.eval()
with torch.no_grad():
    logits = [row for batch in case["validation"] for row in model(**inputs(batch)).logits.tolist()]
(folder / "reference.json").write_text(json.dumps({"losses": losses, "logits": logits}))
