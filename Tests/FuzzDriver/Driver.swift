import Foundations
import FuzzTargets

/// libFuzzer's entry: examines one input with the target that `GATEHOUSE_FUZZ_TARGET` names.
///
/// libFuzzer brings `main`; this target exists only in builds with `--sanitize=fuzzer` (`make fuzz`).
enum Driver {
    static let target: FuzzTarget = {
        guard let name = EnvironmentVariable.value("GATEHOUSE_FUZZ_TARGET"), let target = FuzzTarget.named(name) else {
            fatalError("GATEHOUSE_FUZZ_TARGET names no target")
        }
        return target
    }()
}
