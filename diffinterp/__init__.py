"""Let a finetune say what it learned: parallel LoRA weight diffs and readers of them."""
__version__ = "0.1.0"

# Verb -> module. Looked up when first used, so that `import diffinterp` need not wait for torch.
_verbs = dict(
    DiffInterpError="core",
    FrozenModel="models", freeze="models", load_model="models",
    MultiLoRALinear="lora", MultiTaskLoRALinear="lora", unwrap="lora", wrap_multitask="lora", wrap_reader="lora",
    WeightDiff="diffs", WeightDiffs="diffs",
    from_peft="sources",
    Task="tasks", news="tasks", news_tasks="tasks", story_tasks="tasks", tasks_from="tasks", topic_tasks="tasks", topics="tasks",
    texts_about="writing", write_stories="writing", write_texts="writing",
    hidden_topic_tasks="hidden", ordinary_tasks="hidden",
    train_diffs="trainer",
    ask_finetune="finetunes",
    DITAdapter="dit",
    WeightToText="weight_to_text",
    interval="scores", summary="scores",
    compare="weight_diff_qa", evaluate_reader="weight_diff_qa", gating_report="weight_diff_qa", gating_summary="weight_diff_qa", support="weight_diff_qa", weight_diff_qa="weight_diff_qa",
    make_reader="make_readers", make_topic_reader="make_readers")
__all__ = list(_verbs)

def __getattr__(name):
    from importlib import import_module
    if name not in _verbs: raise AttributeError(f"module 'diffinterp' has no attribute {name!r}")
    return getattr(import_module(f"diffinterp.{_verbs[name]}"), name)

def __dir__(): return [*globals(), *__all__]
