//===- program_table.cpp - The artifact's query function ------------------===//

#include "compiler/conversion/cvt_to_llvm/program_table.h"

#include "runtime/include/cvt/abi.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

/// A constant global of `type` whose value `build` makes.
static LLVM::GlobalOp
buildConstant(ModuleOp module, StringRef name, Type type,
              llvm::function_ref<Value(OpBuilder &)> build) {
  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto global =
      LLVM::GlobalOp::create(builder, module.getLoc(), type,
                             /*isConstant=*/true, LLVM::Linkage::Internal, name,
                             /*value=*/Attribute());
  Block *block = builder.createBlock(&global.getInitializerRegion());
  builder.setInsertionPointToStart(block);
  Value value = build(builder);
  LLVM::ReturnOp::create(builder, module.getLoc(), value);
  return global;
}

void cvt::buildProgramTable(ModuleOp module,
                            ArrayRef<LLVM::LLVMFuncOp> forwards) {
  MLIRContext *context = module.getContext();
  Location loc = module.getLoc();
  auto pointer = LLVM::LLVMPointerType::get(context);
  auto i32 = IntegerType::get(context, 32);

  auto tableType = LLVM::LLVMArrayType::get(pointer, forwards.size());
  LLVM::GlobalOp table =
      buildConstant(module, "forward_table", tableType, [&](OpBuilder &b) {
        Value value = LLVM::UndefOp::create(b, loc, tableType);
        for (auto [index, forward] : llvm::enumerate(forwards))
          value = LLVM::InsertValueOp::create(
              b, loc, value, LLVM::AddressOfOp::create(b, loc, forward),
              static_cast<int64_t>(index));
        return value;
      });

  // struct cvt_program: abi_version, target_count, forward.
  auto programType =
      LLVM::LLVMStructType::getLiteral(context, {i32, i32, pointer});
  LLVM::GlobalOp program =
      buildConstant(module, "program", programType, [&](OpBuilder &b) {
        auto number = [&](int64_t value) {
          return LLVM::ConstantOp::create(b, loc, i32,
                                          b.getI32IntegerAttr(value));
        };
        Value fields[] = {number(CVT_ABI_VERSION), number(forwards.size()),
                          LLVM::AddressOfOp::create(b, loc, table)};
        Value value = LLVM::UndefOp::create(b, loc, programType);
        for (auto [index, field] : llvm::enumerate(fields))
          value = LLVM::InsertValueOp::create(b, loc, value, field,
                                              static_cast<int64_t>(index));
        return value;
      });

  OpBuilder builder = OpBuilder::atBlockEnd(module.getBody());
  auto query = LLVM::LLVMFuncOp::create(
      builder, loc, CVT_QUERY_SYMBOL, LLVM::LLVMFunctionType::get(pointer, {}));
  builder.setInsertionPointToStart(query.addEntryBlock(builder));
  Value address = LLVM::AddressOfOp::create(builder, loc, program);
  LLVM::ReturnOp::create(builder, loc, address);
}
