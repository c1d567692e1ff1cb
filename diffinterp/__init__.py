"""Let a finetune say what it learned: parallel LoRA weight diffs and readers of them."""
__version__ = "0.1.0"

# Verb -> module. Looked up when first used, so that `import diffinterp` need not wait for torch.
_verbs = dict(
    DiffInterpError="models", FrozenModel="models", freeze="models", load_model="models",
    MultiLoRALinear="lora", MultiTaskLoRALinear="lora", unwrap="lora", wrap_multitask="lora", wrap_reader="lora",
    WeightDiff="diffs", WeightDiffs="diffs", from_peft="diffs",
    Task="tasks", hidden_topic_tasks="tasks", news="tasks", news_tasks="tasks", ordinary_tasks="tasks", story_tasks="tasks", tasks_from="tasks",
    texts_about="tasks", topic_tasks="tasks", topics="tasks", write_stories="tasks", write_texts="tasks",
    train_diffs="trainer", DITAdapter="dit", ask_finetune="dit", WeightToText="weight_to_text",
    compare="evaluate", evaluate_reader="evaluate", gating_report="evaluate", gating_summary="evaluate", interval="evaluate", make_reader="evaluate",
    make_topic_reader="evaluate", summary="evaluate", support="weight_diff_qa", weight_diff_qa="weight_diff_qa")
__all__ = list(_verbs)

def __getattr__(name):
    from importlib import import_module
    if name not in _verbs: raise AttributeError(f"module 'diffinterp' has no attribute {name!r}")
    return getattr(import_module(f"diffinterp.{_verbs[name]}"), name)

def __dir__(): return [*globals(), *__all__]
