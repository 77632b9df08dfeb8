"""The name of the task that goes on with an import, for those who ring for it."""

RUN = "leadops.tasks.run_import"
