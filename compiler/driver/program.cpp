//===- program.cpp - A planned module as object code and as an artifact ---===//

#include "compiler/driver/program.h"

#include "compiler/artifact/writer.h"
#include "compiler/weight_values/weight_values.h"
#include "dialect/CvtDialect.h"

using namespace cvt;

std::vector<artifact::Object> Program::objects() const {
  std::vector<artifact::Object> objects = {{"program", host}};
  for (const kernels::CompiledKernel &kernel : kernels)
    objects.push_back({kernel.symbol, kernel.object});
  return objects;
}

int64_t Program::scratchBytesPerThread() const {
  int64_t most = 0;
  for (const kernels::CompiledKernel &kernel : kernels)
    most = std::max(most, kernel.scratchBytes);
  return most;
}

llvm::Error cvt::writeProgram(const std::string &path, const Program &program,
                              mlir::ModuleOp planned, const std::string &folder,
                              const ModelFacts &facts) {
  std::vector<artifact::Object> objects = program.objects();
  artifact::ArtifactContents contents;
  contents.objects = objects;
  contents.manifest =
      buildManifest(planned, facts, program.scratchBytesPerThread());
  contents.weightsBytes =
      planned->getAttrOfType<mlir::IntegerAttr>(CvtDialect::kSectionBytesAttr)
          .getInt();
  contents.writeWeights = [&](artifact::WeightsSink &sink) {
    return WeightValues(planned, folder)
        .writeSection([&](std::span<const std::byte> bytes) {
          return sink.append(llvm::ArrayRef<uint8_t>(
              reinterpret_cast<const uint8_t *>(bytes.data()), bytes.size()));
        });
  };
  return artifact::writeArtifact(path, std::move(contents));
}
