//! `import persist`: snapshots of agents, from Python.
//!
//! Spans and log lines of this module have the target `persist_python`, and those below them are the library's. Errors arrive
//! as Python has them: `FileNotFoundError`, `PermissionError`, and `persist.PersistError` for all others.

use std::sync::OnceLock;

use persist_core::{PersistError as CoreError, PersistMetrics, SnapshotMetadata, StorageConfig};
use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyFileNotFoundError, PyPermissionError};
use pyo3::prelude::*;
use spanwright::{Guard, instrument};

create_exception!(
    persist,
    PersistError,
    PyException,
    "What went wrong, where Python has no name of its own for it."
);

/// Kept until the interpreter ends, which exports what there is then.
static TELEMETRY: OnceLock<Guard> = OnceLock::new();

/// Saves an agent's state, which is JSON, at a path of the local disk.
#[pyfunction]
#[pyo3(signature = (agent_json, path, agent_id = "default_agent", session_id = "default_session"))]
fn snapshot(py: Python<'_>, agent_json: &str, path: &str, agent_id: &str, session_id: &str) -> PyResult<()> {
    // Other threads of Python go on meanwhile.
    py.detach(|| save(agent_json, path, &SnapshotMetadata::new(agent_id, session_id))).map_err(raised)
}

/// The agent's state that was saved at a path.
#[pyfunction]
fn restore(py: Python<'_>, path: &str) -> PyResult<String> {
    py.detach(|| load(path)).map_err(raised)
}

/// The metrics, as Prometheus reads them.
#[pyfunction]
fn metrics() -> PyResult<String> {
    PersistMetrics::global().gather_metrics().map_err(raised)
}

#[instrument(name = "persist.snapshot", fields(key = path, operation_type = "save", ..metadata))]
fn save(agent_json: &str, path: &str, metadata: &SnapshotMetadata) -> Result<(), CoreError> {
    let saved = engine()?.save_snapshot(agent_json, metadata, path)?;
    tracing::info!(key = path, size_bytes = saved.stored_bytes, "Snapshot taken");
    Ok(())
}

#[instrument(name = "persist.restore", fields(key = path, operation_type = "load"), err)]
fn load(path: &str) -> Result<String, CoreError> {
    let snapshot = engine()?.load_snapshot(path)?;
    tracing::info!(key = path, size_bytes = snapshot.agent_json.len(), "Agent restored");
    Ok(snapshot.agent_json)
}

/// Relative paths begin in the directory that Python is in.
fn engine() -> Result<persist_core::SnapshotEngine, CoreError> {
    persist_core::create_engine_from_config(StorageConfig::local(""))
}

/// An error as Python has it.
fn raised(error: CoreError) -> PyErr {
    let said = error.to_string();
    match error {
        CoreError::NotFound { .. } => PyFileNotFoundError::new_err(said),
        CoreError::PermissionDenied { .. } => PyPermissionError::new_err(said),
        _ => PersistError::new_err(said),
    }
}

/// Snapshots of agents.
#[pymodule]
fn persist(module: &Bound<'_, PyModule>) -> PyResult<()> {
    if TELEMETRY.get().is_none() {
        // Signals stay Python's, and the standard output is its program's.
        let started =
            persist_core::observability().log_output(spanwright::config::LogOutput::Stderr).install();
        let _ = TELEMETRY.set(started.map_err(|error| PersistError::new_err(error.to_string()))?);
    }
    module.add("PersistError", module.py().get_type::<PersistError>())?;
    module.add_function(wrap_pyfunction!(snapshot, module)?)?;
    module.add_function(wrap_pyfunction!(restore, module)?)?;
    module.add_function(wrap_pyfunction!(metrics, module)?)
}
