//===- CvtOps.td - Base classes; includes the op groups -------------------===//

#ifndef CVT_OPS
#define CVT_OPS

include "CvtDialect.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Cvt_Op<string mnemonic, list<Trait> traits = []>
    : Op<Cvt_Dialect, mnemonic, traits>;

// What a CvT computes, as opposed to a view or a launch: an op that has a number
// format.
def Cvt_GraphOpTrait : NativeOpTrait<"GraphOp"> {
  let cppNamespace = "::cvt";
}

// A pure op whose result types follow from its operands and attributes.
class Cvt_InferredOp<string mnemonic, list<Trait> traits = []>
    : Cvt_Op<mnemonic, !listconcat([Pure, InferTypeOpAdaptor], traits)>;

// As Cvt_InferredOp, and names weights whose shapes verifySymbolUses checks.
class Cvt_WeightedOp<string mnemonic, list<Trait> traits = []>
    : Cvt_InferredOp<mnemonic,
        !listconcat([DeclareOpInterfaceMethods<SymbolUserOpInterface>], traits)>;

include "CvtSymbolOps.td"
include "CvtGraphOps.td"
include "CvtTokenOps.td"
include "CvtLaunchOps.td"

#endif // CVT_OPS
