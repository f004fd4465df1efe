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

// An op that computes, on numbers of one type.
class Cvt_UniformGraphOp<string mnemonic, list<Trait> traits = []>
    : Cvt_InferredOp<mnemonic, !listconcat([Cvt_GraphOpTrait], traits)>;

// An op that computes.  It rounds its results to the element type they have,
// which need not be the one it reads.
class Cvt_GraphOp<string mnemonic, list<Trait> traits = []>
    : Cvt_UniformGraphOp<mnemonic, traits> {
  let extraClassDeclaration = [{
    static bool isCompatibleReturnTypes(::mlir::TypeRange inferred,
                                        ::mlir::TypeRange actual) {
      return ::cvt::haveEqualShapes(inferred, actual);
    }
  }];
}

// The same with weights.
class Cvt_WeightedGraphOp<string mnemonic, list<Trait> traits = []>
    : Cvt_GraphOp<mnemonic,
        !listconcat([DeclareOpInterfaceMethods<SymbolUserOpInterface>], traits)>;

include "CvtSymbolOps.td"
include "CvtGraphOps.td"
include "CvtTokenOps.td"
include "CvtLaunchOps.td"

#endif // CVT_OPS
