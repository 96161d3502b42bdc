package import SocketHTTP

/// A block of IP addresses, written `10.0.0.0/8` or as one address.
package struct AddressRange: Hashable, Sendable {
    /// An address in the block.
    package let address: IPAddress

    /// How many leading bits an address shares with it.
    package let prefixLength: Int

    /// Makes a block; a length that the address does not have is cut to what it has.
    package init(_ address: IPAddress, prefixLength: Int) {
        self.address = address
        self.prefixLength = min(max(prefixLength, 0), address.bytes.count * 8)
    }

    /// Whether an address lies in the block; one of the other family never does.
    package func contains(_ other: IPAddress) -> Bool {
        guard other.family == address.family else { return false }
        var bits = prefixLength
        for (ours, theirs) in zip(address.bytes, other.bytes) {
            guard bits > 0 else { return true }
            let mask = bits >= 8 ? UInt8.max : ~(UInt8.max >> UInt8(bits))
            guard ours & mask == theirs & mask else { return false }
            bits -= 8
        }
        return true
    }
}

extension AddressRange: CustomStringConvertible {
    /// The block as one writes it.
    package var description: String { "\(address)/\(prefixLength)" }
}
