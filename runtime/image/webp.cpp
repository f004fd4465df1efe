//===- webp.cpp - WebP through libwebp ------------------------------------===//
//
// Of an animation, the first frame on a black canvas.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/formats.h"
#include "runtime/image/orientation.h"

#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

using namespace cvt::image;

namespace {

struct DemuxerDeleter {
  void operator()(WebPDemuxer *demuxer) const { WebPDemuxDelete(demuxer); }
};
using Demuxer = std::unique_ptr<WebPDemuxer, DemuxerDeleter>;

} // namespace

/// The content of the file's chunk of that name, or nothing.
static Bytes findChunk(const WebPDemuxer *demuxer, const char name[4]) {
  WebPChunkIterator chunk;
  Bytes content;
  if (WebPDemuxGetChunk(demuxer, name, 1, &chunk))
    content = Bytes(reinterpret_cast<const std::byte *>(chunk.chunk.bytes),
                    chunk.chunk.size);
  WebPDemuxReleaseChunkIterator(&chunk);
  return content;
}

/// Decodes the first frame to its place on the canvas, alpha left out.
static bool decodeFirstFrame(const WebPDemuxer *demuxer, Image &canvas) {
  WebPIterator frame;
  if (!WebPDemuxGetFrame(demuxer, 1, &frame))
    return false;
  bool inside = frame.x_offset >= 0 && frame.y_offset >= 0 &&
                frame.width <= canvas.width - frame.x_offset &&
                frame.height <= canvas.height - frame.y_offset;
  bool done = false;
  if (inside) {
    uint8_t *out = canvas.row(frame.y_offset) + size_t(frame.x_offset) * 3;
    size_t room = canvas.pixels.size() - size_t(out - canvas.pixels.data());
    done = WebPDecodeRGBInto(frame.fragment.bytes, frame.fragment.size, out,
                             room, int(canvas.rowBytes())) != nullptr;
  }
  WebPDemuxReleaseIterator(&frame);
  return done;
}

Result<Decoded> cvt::image::decodeWebp(Bytes file) {
  WebPData all{data(file), file.size()};
  Demuxer demuxer(WebPDemux(&all));
  if (!demuxer)
    return Error{"the WebP data is damaged or ends early"};
  int64_t width = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH);
  int64_t height = WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT);
  if (Status status = checkSize(width, height))
    return *status;

  Decoded result;
  result.image.width = int(width);
  result.image.height = int(height);
  result.image.pixels.resize(size_t(height) * result.image.rowBytes());
  if (!decodeFirstFrame(demuxer.get(), result.image))
    return Error{"the WebP picture is damaged or ends early"};
  result.orientation = findOrientation(findChunk(demuxer.get(), "EXIF"),
                                       findChunk(demuxer.get(), "XMP "));
  return result;
}
