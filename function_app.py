"""Every trigger on one screen; each is one call into `sync.app`. What it needs is imported at the first call."""

import azure.functions as func

from sync.app import LazyWeb, the_app

app = func.AsgiFunctionApp(app=LazyWeb(), http_auth_level=func.AuthLevel.ANONYMOUS, function_name="web")


@app.function_name("schedule")
@app.timer_trigger(arg_name="timer", schedule="%SYNC_SCHEDULE%", run_on_startup=False, use_monitor=True)
def schedule(timer: func.TimerRequest) -> None:
    """Queue a pass for everyone who is due."""
    the_app().tick()


@app.function_name("sync_person")
@app.queue_trigger(arg_name="message", queue_name="%SYNC_QUEUE%", connection="AzureWebJobsStorage")
def sync_person(message: func.QueueMessage) -> None:
    """Run one pass over one person."""
    the_app().run_message(message.get_body().decode())


@app.function_name("record_failure")
@app.queue_trigger(arg_name="message", queue_name="%SYNC_QUEUE%-poison", connection="AzureWebJobsStorage")
def record_failure(message: func.QueueMessage) -> None:
    """Record a pass that failed again and again."""
    the_app().run_poison(message.get_body().decode())
