//! Functions that only the worker of a task queue calls.

use super::loaded_by;

const ENGINE: &str = "from sqlalchemy import create_engine\nengine = None\ndef connect(size):\n    global engine\n    engine = create_engine('postgresql://db/x', pool_size=size)\n";

#[test]
fn what_is_connected_to_a_signal_of_celery_runs_in_its_worker() {
    let decorated = "from celery.signals import worker_process_init\n@worker_process_init.connect\ndef init(**kwargs):\n    connect(3)\n";
    let called = "from celery import signals\n@signals.worker_init.connect(weak=False)\ndef init(sender, **kwargs):\n    connect(3)\n";
    let beat =
        "from celery.signals import beat_init\n@beat_init.connect\ndef init(**kwargs):\n    connect(3)\n";
    let open = |program, code: &str| loaded_by(program, &format!("{ENGINE}{code}")).summary();
    let one = ["engine 3+10=13"];
    let none: [&str; 0] = [];
    for code in [decorated, called] {
        assert_eq!(open("celery", code), one, "{code}");
        assert_eq!(open("python", code), one, "{code}");
        assert_eq!(open("gunicorn", code), none, "{code}");
        assert_eq!(open("celery beat", code), none, "{code}");
    }
    assert_eq!(open("celery", beat), none);
    assert_eq!(open("celery beat", beat), one);
}

#[test]
fn a_receiver_that_a_web_server_calls_itself_counts() {
    let both = "from celery.signals import worker_process_init\n@worker_process_init.connect\ndef init(**kwargs):\n    connect(3)\ninit()\n";
    assert_eq!(loaded_by("gunicorn", &format!("{ENGINE}{both}")).summary(), ["engine 3+10=13"]);
}

#[test]
fn the_middleware_of_dramatiq_runs_once_in_each_of_its_processes() {
    let middleware = |method: &str| {
        format!(
            "{ENGINE}import dramatiq\nclass Init(dramatiq.Middleware):\n    def {method}(self, broker, worker=None):\n        connect(3)\nbroker = dramatiq.Broker()\nbroker.add_middleware(Init())\n"
        )
    };
    let open = |program, method: &str, more: &str| {
        loaded_by(program, &format!("{}{more}", middleware(method))).summary()
    };
    let one = ["engine 3+10=13"];
    let none: [&str; 0] = [];
    for method in ["before_worker_boot", "after_worker_boot", "after_process_boot"] {
        assert_eq!(open("dramatiq", method, ""), one, "{method}");
        assert_eq!(open("gunicorn", method, ""), none, "{method}");
    }
    // A program that boots a worker of its own calls them.
    assert_ne!(open("gunicorn", "before_worker_boot", "dramatiq.Worker(broker).start()\n"), none);
    assert_ne!(open("gunicorn", "after_process_boot", "broker.emit_after('process_boot')\n"), none);
    assert_eq!(open("gunicorn", "before_worker_boot", "broker.emit_after('process_boot')\n"), none);
    // Messages may come at any time.
    assert_ne!(open("gunicorn", "before_process_message", ""), none);
}
