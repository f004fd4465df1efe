//===- jpeg.cpp - JPEG through libjpeg-turbo ------------------------------===//
//
// libjpeg's defaults (accurate integer DCT, fancy upsampling) are Pillow's.  A
// file that ends early is an error here; libjpeg would fill it up with grey.
//
//===----------------------------------------------------------------------===//

#include "runtime/image/formats.h"
#include "runtime/image/orientation.h"

#include <csetjmp>
#include <cstdio>
#include <string>
#include <vector>

#include <jerror.h>
#include <jpeglib.h>

using namespace cvt::image;

namespace {

/// libjpeg reports an error by calling errorExit, which may not return: it
/// jumps out of libjpeg to the setjmp in run().  The frames between the two
/// hold nothing with a destructor; all that has one is a member.
class JpegDecoder {
public:
  explicit JpegDecoder(Bytes file) : file(file) {}
  JpegDecoder(const JpegDecoder &) = delete;
  JpegDecoder &operator=(const JpegDecoder &) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&info); }

  Result<Decoded> run();

private:
  /// A progressive file may hold any number of scans, each of which costs a
  /// pass over all coefficients.  Encoders write about ten.
  static constexpr int maxScans = 500;

  static JpegDecoder &of(j_common_ptr info) {
    return *static_cast<JpegDecoder *>(info->client_data);
  }
  static void errorExit(j_common_ptr info);
  static void emitMessage(j_common_ptr info, int level);
  static void ignoreMessage(j_common_ptr) {}
  static void checkScans(j_common_ptr info);

  void readHeader();
  void readPixels();
  void appendCmyk(const uint8_t *row);
  int orientation() const;

  Bytes file;
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf onError{};
  char reason[JMSG_LENGTH_MAX] = {};
  std::vector<uint8_t> rowBuffer;
  Image image;
};

} // namespace

void JpegDecoder::errorExit(j_common_ptr info) {
  JpegDecoder &decoder = of(info);
  info->err->format_message(info, decoder.reason);
  std::longjmp(decoder.onError, 1);
}

/// Of libjpeg's warnings one is an error: that the file has ended.
void JpegDecoder::emitMessage(j_common_ptr info, int level) {
  if (level < 0 && info->err->msg_code == JWRN_JPEG_EOF)
    errorExit(info);
}

void JpegDecoder::checkScans(j_common_ptr info) {
  if (of(info).info.input_scan_number <= maxScans)
    return;
  std::snprintf(of(info).reason, sizeof reason, "more than %d scans", maxScans);
  std::longjmp(of(info).onError, 1);
}

void JpegDecoder::readHeader() {
  jpeg_create_decompress(&info);
  progress.progress_monitor = checkScans;
  info.progress = &progress;
  jpeg_mem_src(&info, data(file), file.size());
  jpeg_save_markers(&info, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&info, TRUE);
}

/// CMYK to RGB as Pillow does it.  It takes every file for one that stores
/// inverted values (Adobe's habit), whatever its markers say.
void JpegDecoder::appendCmyk(const uint8_t *row) {
  size_t end = image.pixels.size();
  image.pixels.resize(end + image.rowBytes());
  uint8_t *out = image.pixels.data() + end;
  for (int x = 0; x < image.width; ++x, row += 4, out += 3) {
    int notBlack = row[3];
    for (int c = 0; c < 3; ++c) {
      int product = (255 - row[c]) * notBlack + 128;
      out[c] = uint8_t(notBlack - (((product >> 8) + product) >> 8));
    }
  }
}

/// Memory is used as rows arrive, so that a header alone costs none.
void JpegDecoder::readPixels() {
  bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  image.width = int(info.image_width);
  image.height = int(info.image_height);
  image.pixels.reserve(size_t(image.height) * image.rowBytes());
  rowBuffer.resize(size_t(image.width) * (cmyk ? 4 : 3));
  jpeg_start_decompress(&info);
  while (info.output_scanline < info.output_height) {
    JSAMPROW row = rowBuffer.data();
    jpeg_read_scanlines(&info, &row, 1);
    if (cmyk)
      appendCmyk(row);
    else
      image.pixels.insert(image.pixels.end(), row, row + image.rowBytes());
  }
  jpeg_finish_decompress(&info);
}

/// EXIF may be spread over several APP1 segments; the last XMP one counts.
int JpegDecoder::orientation() const {
  constexpr std::string_view exifPrefix("Exif\0\0", 6);
  constexpr std::string_view xmpPrefix("http://ns.adobe.com/xap/1.0/\0", 29);
  std::vector<std::byte> exif;
  Bytes xmp;
  for (const jpeg_marker_struct *m = info.marker_list; m; m = m->next) {
    Bytes segment(reinterpret_cast<const std::byte *>(m->data), m->data_length);
    if (startsWith(segment, exifPrefix)) {
      Bytes part = segment.subspan(exifPrefix.size());
      exif.insert(exif.end(), part.begin(), part.end());
    } else if (startsWith(segment, xmpPrefix)) {
      xmp = segment.subspan(xmpPrefix.size());
    }
  }
  return findOrientation(exif, xmp);
}

Result<Decoded> JpegDecoder::run() {
  info.err = jpeg_std_error(&errors);
  info.client_data = this;
  errors.error_exit = errorExit;
  errors.emit_message = emitMessage;
  errors.output_message = ignoreMessage;
  if (setjmp(onError))
    return Error{std::string("the JPEG data is damaged or ends early: ") +
                 reason};
  readHeader();
  if (Status status = checkSize(info.image_width, info.image_height))
    return *status;
  if (info.num_components != 1 && info.num_components != 3 &&
      info.num_components != 4)
    return Error{"the JPEG has " + std::to_string(info.num_components) +
                 " colour components, expected 1, 3 or 4"};
  int found = orientation(); // the markers go when the pixels have been read
  readPixels();
  return Decoded{std::move(image), found};
}

Result<Decoded> cvt::image::decodeJpeg(Bytes file) {
  return JpegDecoder(file).run();
}
