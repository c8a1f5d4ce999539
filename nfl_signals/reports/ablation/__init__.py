"""The ablation report: what each part of the stack is worth."""
