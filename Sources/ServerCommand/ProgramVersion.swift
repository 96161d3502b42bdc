/// The version of this program, which packages and the start line name.
enum ProgramVersion {
    /// As semantic versioning writes it; `make deb` and `make sbom` read it here.
    static let text = "0.1.0"
}
