-- What an import changed in a brief's texts. Only an addition: a binary from before this step works on.

-- A list of {"key", "changes"}; null where nothing was changed, and for revisions from before this step.
-- An editor who compares a fact with the sender's own file has to see why they differ.
alter table brief_revisions add column cleaned jsonb
    constraint brief_revisions_cleaned_list check (jsonb_typeof(cleaned) = 'array');
