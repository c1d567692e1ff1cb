"""Let a finetune say what it learned: parallel LoRA weight diffs and readers of them."""
__version__ = "0.1.0"

import sys

# The public names of each room. A room is imported when one of its names is first used,
# so that `import diffinterp` does not wait for torch.
_rooms = dict(
    core="DiffInterpError",
    models="FrozenModel freeze load_model",
    lora="MultiLoRALinear MultiTaskLoRALinear unwrap wrap_multitask wrap_reader",
    diffs="LowRank WeightDiff WeightDiffs",
    sources="from_peft open_diffs",
    tasks="Task news news_tasks story_tasks tasks_from topic_tasks topics",
    writing="texts_about write_stories write_texts",
    hidden="hidden_topic_tasks ordinary_tasks",
    trainer="train_diffs",
    finetunes="Recipe ask_finetune finetune_loss",
    wild="wild_diffs",
    readers="Reader load_reader",
    dit="DITAdapter",
    weight_to_text="WeightToText",
    directions="DirectionTokens",
    words="rank_subjects",
    styles="own_styles",
    scores="interval",
    confidence="read_diffs",
    rivals="choose_rival",
    evidence="explain sweep",
    weight_diff_qa="Method compare evaluate gating_report gating_summary loss_gap summary",
    make_readers=("fresh_record make_any_reader make_hidden_reader make_news_reader "
                  "make_reader make_topic_reader"),
    widgets="Dashboard browse guess rescale talk")
_room_of = {name: room for room, names in _rooms.items() for name in names.split()}
__all__ = list(_room_of)

def __getattr__(name):
    from importlib import import_module
    if name in _room_of:
        room = import_module(f"diffinterp.{_room_of[name]}")
        if "diffinterp.diffs" in sys.modules: import_module("diffinterp.sources")  # to_peft
        return getattr(room, name)
    raise AttributeError(f"module 'diffinterp' has no attribute {name!r}")

def __dir__(): return [*globals(), *__all__]
