//===- tensor_names.h - One name for the same tensor of other classes -----===//
//
// A checkpoint has the names of the class that it was saved from, in Hugging
// Face's transformers or the original repository; the model may be compiled as
// another.
//
//===----------------------------------------------------------------------===//

#ifndef CVT_FRONTEND_TENSOR_NAMES_H
#define CVT_FRONTEND_TENSOR_NAMES_H

#include "frontend/checkpoint.h"
#include "frontend/config.h"

namespace cvt {

/// Renames the tensors of the original repository's model ("stage0.blocks.0…")
/// as Hugging Face's classifier names them.  Returns whether the checkpoint is
/// of that model, which is trained with QuickGELU; others stay as they are.
bool translateOriginalNames(Checkpoint &checkpoint);

/// Whether the checkpoint is of a bare model: it has an encoder, and nothing of
/// a classifier's head.
bool lacksHead(const Checkpoint &checkpoint);

/// Renames the encoder's tensors as `config.architecture` names them: a
/// classifier has "cvt." in front, CvtModel has not.  A class token that is in
/// no stage ("encoder.cls_token", see tf_checkpoint.h) goes to the last stage
/// that has one.
void adaptNames(const CvtConfig &config, Checkpoint &checkpoint);

} // namespace cvt

#endif // CVT_FRONTEND_TENSOR_NAMES_H
