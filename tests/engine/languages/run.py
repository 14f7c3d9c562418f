"""Runs a program by Pulumi's Automation API: `run.py COMMAND PROJECT PROGRAM FOLDER CONFIG`. Prints what changed, as JSON."""

import json
import runpy
import sys

from pulumi import automation

command, project, program, folder, config = sys.argv[1:]
stack = automation.create_or_select_stack(
    stack_name="demo",
    project_name=project,
    program=lambda: runpy.run_path(program) and None,
    opts=automation.LocalWorkspaceOptions(work_dir=folder),
)
for name, value in json.loads(config).items():
    stack.set_config(name, automation.ConfigValue(value))
result = getattr(stack, command)()
changes = result.change_summary if command == "preview" else result.summary.resource_changes
print("changes:", json.dumps({str(getattr(op, "value", op)): count for op, count in changes.items()}))
