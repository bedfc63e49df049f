-- Which files a model's hash stands for.

-- Every file that a draft of this model depends on, with its SHA-256 in hex: when a model has changed, it says which of its
-- files did. Empty for models that were recorded before this step, until a run is pinned to them again.
alter table models add column files jsonb not null default '{}'
    constraint models_files_object check (jsonb_typeof(files) = 'object');
