//! The part of the ONNX format that says what a graph is: field numbers of `onnx.proto3`.
//!
//! Read without ONNX Runtime, because a graph that it refuses is the one somebody asks about. Fields
//! that are not named here, the weights among them, are skipped.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub struct Model {
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    #[prost(string, tag = "2")]
    pub producer: String,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub opsets: Vec<Opset>,
    #[prost(message, repeated, tag = "25")]
    pub functions: Vec<Function>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Opset {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

#[derive(Clone, PartialEq, Message)]
pub struct Function {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, repeated, tag = "7")]
    pub nodes: Vec<Node>,
    #[prost(string, tag = "10")]
    pub domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub nodes: Vec<Node>,
    #[prost(message, repeated, tag = "5")]
    pub initializers: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub inputs: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub outputs: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "15")]
    pub sparse_initializers: Vec<SparseTensor>,
}

impl Model {
    /// Every tensor of the graph and of the functions that the file defines.
    pub fn all_tensors(&self) -> Vec<&Tensor> {
        let graph = self.graph.iter().flat_map(Graph::all_tensors);
        let functions = self.functions.iter();
        graph
            .chain(functions.flat_map(|function| tensors_of(&function.nodes)))
            .collect()
    }
}

impl Graph {
    /// Its nodes, and those of the branches and bodies inside of them.
    pub fn all_nodes(&self) -> Vec<&Node> {
        let mut found = Vec::new();
        for node in &self.nodes {
            found.push(node);
            for attribute in &node.attributes {
                for inner in attribute.graph.iter().chain(&attribute.graphs) {
                    found.extend(inner.all_nodes());
                }
            }
        }
        found
    }

    /// Its initializers and constants, and those of the branches and bodies inside of it.
    pub fn all_tensors(&self) -> Vec<&Tensor> {
        let sparse = self.sparse_initializers.iter();
        let mut found: Vec<&Tensor> = self.initializers.iter().collect();
        found.extend(sparse.flat_map(SparseTensor::parts));
        found.extend(tensors_of(&self.nodes));
        found
    }
}

/// The tensors that nodes hold themselves, and those of the branches and bodies inside of them.
fn tensors_of(nodes: &[Node]) -> Vec<&Tensor> {
    let mut found = Vec::new();
    for attribute in nodes.iter().flat_map(|node| &node.attributes) {
        found.extend(attribute.tensor.iter().chain(&attribute.tensors));
        let sparse = attribute.sparse_tensor.iter();
        found.extend(sparse.flat_map(SparseTensor::parts));
        for inner in attribute.graph.iter().chain(&attribute.graphs) {
            found.extend(inner.all_tensors());
        }
    }
    found
}

/// A tensor of which only what is not zero is written down.
#[derive(Clone, PartialEq, Message)]
pub struct SparseTensor {
    #[prost(message, optional, tag = "1")]
    pub values: Option<Tensor>,
    #[prost(message, optional, tag = "2")]
    pub indices: Option<Tensor>,
}

impl SparseTensor {
    fn parts(&self) -> impl Iterator<Item = &Tensor> {
        self.values.iter().chain(&self.indices)
    }
}

#[derive(Clone, PartialEq, Message)]
pub struct Node {
    #[prost(string, repeated, tag = "1")]
    pub inputs: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op: String,
    #[prost(message, repeated, tag = "5")]
    pub attributes: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(int64, tag = "3")]
    pub int: i64,
    /// The value of a `Constant`.
    #[prost(message, optional, tag = "5")]
    pub tensor: Option<Tensor>,
    #[prost(message, repeated, tag = "10")]
    pub tensors: Vec<Tensor>,
    #[prost(message, optional, tag = "22")]
    pub sparse_tensor: Option<SparseTensor>,
    /// A branch of an `If`, or the body of a loop.
    #[prost(message, optional, tag = "6")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "11")]
    pub graphs: Vec<Graph>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(message, repeated, tag = "13")]
    pub external: Vec<Entry>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Entry {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, Message)]
pub struct ValueInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub of: Option<Type>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Type {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
pub struct TensorType {
    #[prost(int32, tag = "1")]
    pub element: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub dims: Vec<Dim>,
}

#[derive(Clone, PartialEq, Message)]
pub struct Dim {
    #[prost(int64, optional, tag = "1")]
    pub value: Option<i64>,
    #[prost(string, optional, tag = "2")]
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Tensor {
        Tensor {
            name: name.to_owned(),
            ..Tensor::default()
        }
    }

    fn node(attribute: Attribute) -> Node {
        Node {
            attributes: vec![attribute],
            ..Node::default()
        }
    }

    #[test]
    fn tensors_are_found_wherever_a_file_may_hold_them() {
        let sparse = |name: &str| SparseTensor {
            values: Some(named(name)),
            indices: Some(named("places")),
        };
        let branch = Graph {
            initializers: vec![named("of a branch")],
            ..Graph::default()
        };
        let model = Model {
            graph: Some(Graph {
                initializers: vec![named("weight")],
                sparse_initializers: vec![sparse("sparse weight")],
                nodes: vec![
                    node(Attribute {
                        tensor: Some(named("constant")),
                        graph: Some(branch),
                        ..Attribute::default()
                    }),
                    node(Attribute {
                        tensors: vec![named("of a list")],
                        sparse_tensor: Some(sparse("sparse constant")),
                        ..Attribute::default()
                    }),
                ],
                ..Graph::default()
            }),
            functions: vec![Function {
                nodes: vec![node(Attribute {
                    tensor: Some(named("of a function")),
                    ..Attribute::default()
                })],
                ..Function::default()
            }],
            ..Model::default()
        };
        let read = Model::decode(model.encode_to_vec().as_slice()).expect("its own bytes");
        let tensors = read.all_tensors().into_iter();
        let names: Vec<&str> = tensors
            .map(|tensor| tensor.name.as_str())
            .filter(|name| *name != "places")
            .collect();
        assert_eq!(
            names,
            [
                "weight",
                "sparse weight",
                "constant",
                "of a branch",
                "of a list",
                "sparse constant",
                "of a function"
            ]
        );
    }
}
