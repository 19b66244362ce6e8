//! rpm's topological order with its way of cutting loops, on abstract nodes.

/// A node of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// Installations come before erasures.
    pub install: bool,
    /// Colour of the element.
    pub color: u32,
}

/// An edge to another node.
#[derive(Debug, Clone, Copy)]
struct Edge {
    to: usize,
    /// A scriptlet needs it: not to be cut if that can be helped.
    strong: bool,
}

#[derive(Debug, Default, Clone)]
struct Links {
    /// Nodes that have to come later, newest first as rpm's lists have them.
    successors: Vec<Edge>,
    /// Nodes that have to come earlier.
    predecessors: Vec<Edge>,
    /// Predecessors that were not placed yet.
    waiting: usize,
}

/// Which strongly connected component a node is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Component {
    /// Alone.
    Single,
    /// A loop, by number.
    Loop(usize),
    /// Placed already.
    Placed,
}

#[derive(Debug, Default, Clone)]
struct Loop {
    members: Vec<usize>,
    /// Edges from outside that were not placed yet.
    waiting: usize,
}

/// A graph of elements.
#[derive(Debug)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    links: Vec<Links>,
    prefer_color: u32,
}

impl Graph {
    /// Makes a graph without edges.
    pub(crate) fn new(nodes: Vec<Node>, prefer_color: u32) -> Self {
        let links = vec![Links::default(); nodes.len()];
        Graph { nodes, links, prefer_color }
    }

    /// States that `later` needs `earlier`.
    ///
    /// `turned` says that the relation is the reverse of a dependency: rpm recognises a repetition of a plain one, but
    /// takes a turned one for repeated when there is one in the opposite direction, and that decides between elements
    /// that are equal otherwise.
    pub(crate) fn add(&mut self, later: usize, earlier: usize, strong: bool, turned: bool) {
        if later == earlier {
            return;
        }
        let newest = if turned {
            self.links[earlier].predecessors.last_mut()
        } else {
            self.links[earlier].successors.last_mut()
        };
        if let Some(newest) = newest
            && newest.to == later
        {
            newest.strong |= strong;
            let links = &mut self.links[later];
            let other = if turned { &mut links.successors } else { &mut links.predecessors };
            if let Some(back) = other.iter_mut().rev().find(|edge| edge.to == earlier) {
                back.strong |= strong;
            }
            return;
        }
        self.links[earlier].successors.push(Edge { to: later, strong });
        self.links[later].predecessors.push(Edge { to: earlier, strong });
        self.links[later].waiting += 1;
    }

    /// Returns the nodes in the order in which they are to be run.
    pub(crate) fn order(self) -> Vec<usize> {
        let (components, loops) = self.components();
        let mut sorter = Sorter { components, loops, waiting: Vec::new(), order: Vec::new(), graph: &self };
        sorter.waiting = self.links.iter().map(|links| links.waiting).collect();
        sorter.run(true);
        sorter.run(false);
        sorter.order
    }

    /// Tarjan's algorithm without recursion, as a chain of packages may be thousands long.
    fn components(&self) -> (Vec<Component>, Vec<Loop>) {
        let count = self.nodes.len();
        let mut search = Search {
            index: vec![0; count],
            low: vec![0; count],
            next: 1,
            stack: Vec::new(),
            components: vec![None; count],
            loops: Vec::new(),
        };
        for node in 0..count {
            if search.index[node] == 0 {
                search.visit(self, node);
            }
        }
        let components: Vec<Component> =
            search.components.into_iter().map(|found| found.unwrap_or(Component::Single)).collect();
        let mut loops = search.loops;
        for (number, members) in loops.iter_mut().enumerate() {
            let outside = |edge: &&Edge| components[edge.to] != Component::Loop(number);
            let edges =
                members.members.iter().map(|node| self.links[*node].predecessors.iter().filter(outside).count());
            members.waiting = edges.sum();
        }
        (components, loops)
    }
}

struct Search {
    index: Vec<usize>,
    low: Vec<usize>,
    next: usize,
    stack: Vec<usize>,
    components: Vec<Option<Component>>,
    loops: Vec<Loop>,
}

impl Search {
    fn visit(&mut self, graph: &Graph, start: usize) {
        // A node and how many of its successors were looked at.
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((node, done)) = path.last_mut() {
            let node = *node;
            let successors = &graph.links[node].successors;
            if let Some(edge) = successors.iter().rev().nth(*done) {
                *done += 1;
                if self.components[edge.to].is_some() {
                    continue;
                }
                if self.index[edge.to] == 0 {
                    self.enter(edge.to);
                    path.push((edge.to, 0));
                } else {
                    self.low[node] = self.low[node].min(self.index[edge.to]);
                }
            } else {
                path.pop();
                if let Some((parent, _)) = path.last() {
                    self.low[*parent] = self.low[*parent].min(self.low[node]);
                }
                self.leave(node);
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.index[node] = self.next;
        self.low[node] = self.next;
        self.next += 1;
        self.stack.push(node);
    }

    fn leave(&mut self, node: usize) {
        if self.low[node] != self.index[node] {
            return;
        }
        let start = self.stack.iter().rposition(|member| *member == node).unwrap_or(0);
        let members = self.stack.split_off(start);
        if let [single] = members[..] {
            self.components[single] = Some(Component::Single);
            return;
        }
        for member in &members {
            self.components[*member] = Some(Component::Loop(self.loops.len()));
        }
        self.loops.push(Loop { members, waiting: 0 });
    }
}

/// A queue whose head is taken and into which nodes are sorted.
type Queue = Vec<usize>;

struct Sorter<'g> {
    graph: &'g Graph,
    components: Vec<Component>,
    loops: Vec<Loop>,
    waiting: Vec<usize>,
    order: Vec<usize>,
}

impl Sorter<'_> {
    fn run(&mut self, install: bool) {
        let mut queue = Queue::new();
        for node in 0..self.graph.nodes.len() {
            if self.graph.nodes[node].install == install && self.waiting[node] == 0 {
                self.enqueue(&mut queue, node);
            }
        }
        for number in 0..self.loops.len() {
            // The member that was found last stands for its loop in the queue.
            let Some(&member) = self.loops[number].members.last() else { continue };
            if self.graph.nodes[member].install == install && self.loops[number].waiting == 0 {
                self.enqueue(&mut queue, member);
            }
        }
        while !queue.is_empty() {
            let node = queue.remove(0);
            match self.components[node] {
                Component::Loop(number) => self.place_loop(number, &mut queue),
                Component::Single => self.place(node, &mut queue, None),
                Component::Placed => {}
            }
        }
    }

    /// Sorts a node in: more successors first, and before those that are its equals.
    fn enqueue(&self, queue: &mut Queue, node: usize) {
        let wanted = &self.graph.nodes[node];
        let prefer = self.graph.prefer_color;
        let tail = wanted.color != 0 && wanted.install == (wanted.color != prefer);
        let successors = |node: usize| self.graph.links[node].successors.len();
        let place = queue.iter().position(|other| {
            let passes = tail && self.graph.nodes[*other].color != wanted.color;
            !passes && successors(*other) <= successors(node)
        });
        queue.insert(place.unwrap_or(queue.len()), node);
    }

    /// Puts a node into the order and frees those that waited only for it.
    ///
    /// Within a loop, `queue` is the loop's own one and `outer` takes the nodes beyond it.
    fn place(&mut self, node: usize, queue: &mut Queue, mut outer: Option<&mut Queue>) {
        self.order.push(node);
        let own = self.components[node];
        let graph = self.graph;
        for edge in graph.links[node].successors.iter().rev() {
            let other = edge.to;
            let component = self.components[other];
            if component == Component::Placed {
                continue;
            }
            self.waiting[other] -= 1;
            let beyond = component != own;
            if self.waiting[other] == 0 {
                match &mut outer {
                    Some(outer) if beyond => self.enqueue(outer, other),
                    _ => self.enqueue(queue, other),
                }
            }
            if let Component::Loop(number) = component
                && beyond
            {
                self.loops[number].waiting -= 1;
                if self.loops[number].waiting == 0 {
                    match &mut outer {
                        Some(outer) => self.enqueue(outer, other),
                        None => self.enqueue(queue, other),
                    }
                }
            }
        }
        self.components[node] = Component::Placed;
    }

    /// Cuts a loop where it hurts least: as far as possible from what scriptlets need.
    fn place_loop(&mut self, number: usize, outer: &mut Queue) {
        let members = self.loops[number].members.clone();
        let distance = self.distances(number, &members);
        while let Some(best) = self.farthest(&members, &distance) {
            let mut inner = vec![best];
            while !inner.is_empty() {
                let node = inner.remove(0);
                self.place(node, &mut inner, Some(outer));
            }
        }
    }

    /// Returns the member to begin with: the farthest, the first one among equals.
    fn farthest(&self, members: &[usize], distance: &[usize]) -> Option<usize> {
        let left = members.iter().zip(distance).filter(|(node, _)| self.components[**node] != Component::Placed);
        // `max_by_key` would take the last one.
        left.rev().max_by_key(|(_, distance)| **distance).map(|(node, _)| *node)
    }

    /// Distances along requirements from the members that have a strong requirement inside the loop.
    fn distances(&self, number: usize, members: &[usize]) -> Vec<usize> {
        let place: std::collections::HashMap<usize, usize> =
            members.iter().enumerate().map(|(place, node)| (*node, place)).collect();
        let mut distance = vec![usize::MAX; members.len()];
        let mut queue = std::collections::VecDeque::new();
        let inside = |edge: &Edge| self.components[edge.to] == Component::Loop(number);
        for (at, node) in members.iter().enumerate() {
            if self.graph.links[*node].predecessors.iter().any(|edge| edge.strong && inside(edge)) {
                distance[at] = 0;
                queue.push_back(at);
            }
        }
        while let Some(at) = queue.pop_front() {
            for edge in self.graph.links[members[at]].predecessors.iter().rev().filter(|edge| inside(edge)) {
                let next = place[&edge.to];
                if distance[next] > distance[at] + 1 {
                    distance[next] = distance[at] + 1;
                    queue.push_back(next);
                }
            }
        }
        distance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn installs(count: usize) -> Vec<Node> {
        vec![Node { install: true, color: 0 }; count]
    }

    #[test]
    fn independent_elements_run_in_reverse() {
        assert_eq!(Graph::new(installs(4), 2).order(), [3, 2, 1, 0]);
    }

    #[test]
    fn installs_precede_erasures_and_needs_are_met() {
        let mut nodes = installs(3);
        nodes[0].install = false;
        let mut graph = Graph::new(nodes, 2);
        graph.add(2, 1, false, false);
        assert_eq!(graph.order(), [1, 2, 0]);
    }

    #[test]
    fn a_loop_keeps_its_strong_edge() {
        let mut graph = Graph::new(installs(3), 2);
        graph.add(0, 1, true, false);
        graph.add(1, 2, false, false);
        graph.add(2, 0, false, false);
        let order = graph.order();
        let place = |node| order.iter().position(|placed| *placed == node);
        assert!(place(1) < place(0), "{order:?}");
    }

    #[test]
    fn a_loop_stands_where_its_last_member_does() {
        // witness: compat-tests/tests/scriptlets.rs::ordering_follows_dependencies
        // 0 is needed by two, and so is 2, which is in a loop with 3, which is needed by one.
        let mut graph = Graph::new(installs(6), 2);
        graph.add(1, 0, false, false);
        graph.add(5, 0, false, false);
        graph.add(2, 3, false, false);
        graph.add(3, 2, false, false);
        graph.add(4, 2, false, false);
        let order = graph.order();
        assert_eq!(order[0], 0, "{order:?}");
    }

    proptest! {
        #[test]
        fn every_node_is_placed_once(
            count in 1_usize..30,
            edges in proptest::collection::vec((0_usize..30, 0_usize..30, any::<bool>()), 0..120),
            erased in any::<u32>(),
        ) {
            let nodes: Vec<Node> =
                (0..count).map(|node| Node { install: erased >> (node % 32) & 1 == 0, color: (node % 3) as u32 }).collect();
            let mut graph = Graph::new(nodes.clone(), 2);
            let mut forward = Vec::new();
            for (later, earlier, strong) in edges {
                let (later, earlier) = (later % count, earlier % count);
                if nodes[later].install == nodes[earlier].install {
                    graph.add(later, earlier, strong, false);
                    forward.push((later, earlier));
                }
            }
            let order = graph.order();
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
            prop_assert!(order.is_sorted_by_key(|node| !nodes[*node].install));
            // Without loops every need is met.
            if forward.iter().all(|(later, earlier)| later > earlier) {
                for (later, earlier) in forward {
                    let place = |node| order.iter().position(|placed| *placed == node);
                    prop_assert!(place(earlier) < place(later));
                }
            }
        }
    }
}
