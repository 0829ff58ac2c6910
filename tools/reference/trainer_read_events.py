"""Prints the scalars that TensorBoard finds in a folder of event files, as JSON {tag: [[step, value], ...]}.

Used by packages/trainer/src/event-file.test.ts; written for tensorboard 2.21.
    python tools/reference/trainer_read_events.py FOLDER
"""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

events = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0})
events.Reload()
print(json.dumps({tag: [[e.step, e.value] for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}))
