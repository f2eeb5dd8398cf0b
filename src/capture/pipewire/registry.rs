// SPDX-License-Identifier: GPL-3.0-or-later
//! Keeps a [`Graph`] up to date with what the daemon tells, and sets the default output.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use ::pipewire::client::{Client as ClientProxy, ClientListener};
use ::pipewire::metadata::{Metadata, MetadataListener};
use ::pipewire::registry::{GlobalObject, Listener, RegistryRc};
use ::pipewire::spa::utils::dict::DictRef;
use ::pipewire::types::ObjectType;
use serde_json::{Value, json};

use super::connection::Connection;
use super::graph::{Client, Graph, Node, Port};
use crate::capture::error::CaptureError;

/// The key under which the session manager says which output is the default one.
const DEFAULT_SINK: &str = "default.audio.sink";

/// The key under which the person's choice is kept.
const CONFIGURED_SINK: &str = "default.configured.audio.sink";

/// The type of values of these keys.
const JSON: &str = "Spa:String:JSON";

/// The settings' id, what listens to them, and themselves.
type Defaults = RefCell<Option<(u32, MetadataListener, Metadata)>>;

type Proxies = RefCell<BTreeMap<u32, (ClientListener, ClientProxy)>>;

/// A graph that follows the daemon. Lives on the connection's thread.
pub(super) struct GraphWatch {
    pub graph: Rc<RefCell<Graph>>,
    /// Set whenever applications or ports come, go or become known better.
    pub changed: Rc<Cell<bool>>,
    /// The session manager's settings; `None` while there is no session manager.
    defaults: Rc<Defaults>,
    _listener: Listener,
    _clients: Rc<Proxies>,
    _registry: RegistryRc,
}

impl GraphWatch {
    /// Begins to watch. Complete after two round trips: the first brings the objects, the second what they tell.
    pub fn new(connection: &Connection) -> Result<Self, CaptureError> {
        let registry =
            connection
                .core
                .get_registry_rc()
                .map_err(|source| CaptureError::PipeWire {
                    action: "read the registry",
                    source,
                })?;
        let graph = Rc::new(RefCell::new(Graph::default()));
        let changed = Rc::new(Cell::new(true));
        let defaults = Rc::new(Defaults::default());
        let clients = Rc::new(Proxies::default());
        let listener = registry
            .add_listener_local()
            .global({
                let graph = Rc::clone(&graph);
                let defaults = Rc::clone(&defaults);
                let clients = Rc::clone(&clients);
                let registry = registry.clone();
                let changed = Rc::clone(&changed);
                move |object| {
                    changed.set(true);
                    added(object, &registry, &graph, &changed, &defaults, &clients);
                }
            })
            .global_remove({
                let graph = Rc::clone(&graph);
                let defaults = Rc::clone(&defaults);
                let clients = Rc::clone(&clients);
                let changed = Rc::clone(&changed);
                move |id| {
                    changed.set(true);
                    graph.borrow_mut().remove(id);
                    let client = clients.borrow_mut().remove(&id);
                    let settings = defaults
                        .borrow_mut()
                        .take_if(|(own, _, _): &mut (u32, MetadataListener, Metadata)| *own == id);
                    drop((client, settings));
                }
            })
            .register();
        Ok(GraphWatch {
            graph,
            changed,
            defaults,
            _listener: listener,
            _clients: clients,
            _registry: registry,
        })
    }

    /// Whether there is a session manager.
    pub fn is_managed(&self) -> bool {
        self.defaults.borrow().is_some()
    }

    /// Chooses the default output by its name; `None`: nobody's choice. False without a session manager.
    pub fn configure_sink(&self, name: Option<&str>) -> bool {
        let defaults = self.defaults.borrow();
        let Some((_, _, metadata)) = defaults.as_ref() else {
            return false;
        };
        let value = name.map(|name| json!({ "name": name }).to_string());
        // The value of a JSON object has no NUL, which the call could not take.
        metadata.set_property(
            0,
            CONFIGURED_SINK,
            value.as_ref().map(|_| JSON),
            value.as_deref(),
        );
        true
    }
}

fn added(
    object: &GlobalObject<&DictRef>,
    registry: &RegistryRc,
    graph: &Rc<RefCell<Graph>>,
    changed: &Rc<Cell<bool>>,
    defaults: &Defaults,
    clients: &Rc<Proxies>,
) {
    let Some(properties) = object.props else {
        return;
    };
    let text = |key: &str| properties.get(key).map(str::to_owned);
    let number = |key: &str| {
        properties
            .get(key)
            .and_then(|value| value.parse::<u32>().ok())
    };
    match object.type_ {
        ObjectType::Node => {
            let node = Node {
                name: text("node.name"),
                class: text("media.class"),
                application: text("application.name"),
                client: number("client.id"),
            };
            graph.borrow_mut().nodes.insert(object.id, node);
        }
        ObjectType::Port => {
            if let Some(node) = number("node.id") {
                let port = Port {
                    node,
                    output: properties.get("port.direction") == Some("out"),
                    channel: text("audio.channel").unwrap_or_default(),
                };
                graph.borrow_mut().ports.insert(object.id, port);
            }
        }
        ObjectType::Client => {
            let client = Client {
                name: text("application.name"),
                binary: None,
                pid: number("pipewire.sec.pid"),
            };
            graph.borrow_mut().clients.insert(object.id, client);
            if let Ok(proxy) = registry.bind::<ClientProxy, _>(object) {
                let listener = listen_to_client(&proxy, object.id, graph, changed);
                clients.borrow_mut().insert(object.id, (listener, proxy));
            }
        }
        ObjectType::Metadata if properties.get("metadata.name") == Some("default") => {
            if let Ok(metadata) = registry.bind::<Metadata, _>(object) {
                let listener = listen_to_defaults(&metadata, graph);
                let old = defaults.replace(Some((object.id, listener, metadata)));
                drop(old);
            }
        }
        _ => {}
    }
}

/// The details of a client: a client of `pipewire-pulse` has its own process id only there.
fn listen_to_client(
    proxy: &ClientProxy,
    id: u32,
    graph: &Rc<RefCell<Graph>>,
    changed: &Rc<Cell<bool>>,
) -> ClientListener {
    let graph = Rc::clone(graph);
    let changed = Rc::clone(changed);
    proxy
        .add_listener_local()
        .info(move |info| {
            let Some(properties) = info.props() else {
                return;
            };
            changed.set(true);
            if let Some(client) = graph.borrow_mut().clients.get_mut(&id) {
                if let Some(name) = properties.get("application.name") {
                    client.name = Some(name.to_owned());
                }
                client.binary = properties
                    .get("application.process.binary")
                    .map(str::to_owned);
                let pid = properties.get("application.process.id");
                client.pid = pid.and_then(|pid| pid.parse().ok()).or(client.pid);
            }
        })
        .register()
}

fn listen_to_defaults(metadata: &Metadata, graph: &Rc<RefCell<Graph>>) -> MetadataListener {
    let graph = Rc::clone(graph);
    metadata
        .add_listener_local()
        .property(move |subject, key, _, value| {
            if subject == 0 {
                let graph = &mut *graph.borrow_mut();
                let name = value.and_then(sink_name);
                match key {
                    Some(DEFAULT_SINK) => graph.default_sink = name,
                    Some(CONFIGURED_SINK) => graph.configured_sink = name,
                    Some(_) => {}
                    None => (graph.default_sink, graph.configured_sink) = (None, None),
                }
            }
            0
        })
        .register()
}

/// The name in `{"name":"…"}`.
fn sink_name(value: &str) -> Option<String> {
    let value: Value = serde_json::from_str(value).ok()?;
    Some(value.get("name")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_output_is_read_from_its_json() {
        assert_eq!(
            sink_name(r#"{ "name": "a \"b\"" }"#).as_deref(),
            Some("a \"b\"")
        );
        assert_eq!(sink_name(r#"{"id":3}"#), None);
        assert_eq!(sink_name("alsa_output"), None);
    }
}
