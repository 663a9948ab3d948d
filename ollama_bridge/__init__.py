"""Everything that turns a PEFT adapter into a served model."""
