import Synchronization

extension ScriptedFileSystem.Change {
    func apply(to bytes: inout [UInt8]) {
        switch self {
        case .resize(let count):
            if count < bytes.count {
                bytes.removeLast(bytes.count - count)
            } else {
                bytes += [UInt8](repeating: 0, count: count - bytes.count)
            }
        case .write(let offset, let written):
            if bytes.count < offset + written.count {
                bytes += [UInt8](repeating: 0, count: offset + written.count - bytes.count)
            }
            bytes.replaceSubrange(offset..<(offset + written.count), with: written)
        }
    }
}

extension ScriptedFileSystem.Node {
    mutating func make(_ change: ScriptedFileSystem.Change) {
        change.apply(to: &cached)
        changes.append(change)
    }

    /// Makes what was written durable.
    mutating func synchronize() {
        for change in changes { change.apply(to: &durable) }
        changes = []
    }

    /// What a power cut leaves: each sector as it was after some of the changes.
    func afterPowerLoss(_ random: inout SeededRandom, mode: Int) -> [UInt8] {
        var versions = [durable]
        for change in changes {
            var next = versions[versions.count - 1]
            change.apply(to: &next)
            versions.append(next)
        }
        func version(_ random: inout SeededRandom) -> [UInt8] {
            switch mode {
            case 0: versions[0]
            case 1: versions[versions.count - 1]
            default: versions[Int(random.next() % UInt64(versions.count))]
            }
        }
        var bytes = [UInt8](repeating: 0, count: version(&random).count)
        for start in stride(from: 0, to: bytes.count, by: 512) {
            let sector = version(&random).dropFirst(start).prefix(min(512, bytes.count - start))
            bytes.replaceSubrange(start..<(start + sector.count), with: sector)
        }
        return bytes
    }
}

extension ScriptedFileSystem {
    /// The disk that the next process finds.
    package func image(_ crash: Crash) -> ScriptedFileSystem {
        let state = state.withLock { $0 }
        var image = State()
        switch crash {
        case .killed:
            image.names = state.names
            image.nodes = state.nodes
        case .powerLost(let seed):
            var random = SeededRandom(seed: seed)
            let mode = Int(seed % 4)
            image.names = state.durableNames
            let kept: Int =
                switch mode {
                case 0: 0
                case 1: state.nameChanges.count
                default: Int(random.next() % UInt64(state.nameChanges.count + 1))
                }
            for change in state.nameChanges.prefix(kept) { image.apply(change) }
            for (number, node) in state.nodes.sorted(by: { $0.key < $1.key }) {
                image.nodes[number] = Node(cached: node.afterPowerLoss(&random, mode: mode))
            }
        }
        // What the next process finds is on the disk as far as it can tell; it is durable if nothing dropped it.
        for (number, node) in image.nodes {
            switch crash {
            case .killed: break
            case .powerLost: image.nodes[number] = Node(cached: node.cached, durable: node.cached)
            }
        }
        if case .killed = crash {
            image.durableNames = state.durableNames
            image.nameChanges = state.nameChanges
        } else {
            image.durableNames = image.names
        }
        image.lastNode = state.lastNode
        return ScriptedFileSystem(image)
    }

    /// A file's bytes, to be damaged by a test.
    package subscript(path: String) -> [UInt8]? {
        get { state.withLock { state in state.names[path].flatMap { state.nodes[$0]?.cached } } }
        set {
            state.withLock { state in
                guard let newValue else {
                    state.names[path] = nil
                    state.durableNames[path] = nil
                    return
                }
                let node = state.names[path] ?? state.lastNode + 1
                state.lastNode = max(state.lastNode, node)
                state.names[path] = node
                state.durableNames[path] = node
                state.nodes[node] = Node(cached: newValue, durable: newValue)
            }
        }
    }

    /// The names in the test's directory, sorted.
    package var files: [String] { state.withLock { $0.names.keys.sorted() } }
}

extension ScriptedFileSystem.State {
    mutating func apply(_ change: ScriptedFileSystem.NameChange) {
        switch change {
        case .set(let path, let node): names[path] = node
        case .rename(let path, let newPath): names[newPath] = names.removeValue(forKey: path)
        case .remove(let path): names[path] = nil
        }
    }
}
