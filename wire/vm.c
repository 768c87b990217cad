#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "wire/vm.h"

/* ---- in ---- */

static bool header_is_valid(const struct vm_header *untrusted, enum init_end sender) {
	const bool from_guest = sender == INIT_GUEST;
	switch (untrusted->type) {
	case VM_INIT:
		return untrusted->size >= sizeof(struct init_header) &&
			untrusted->size <= sizeof(struct init_header) + INIT_WORDS_SIZE;
	case VM_CLOCK:
		return !from_guest && untrusted->size == 0 && untrusted->value >= 0;
	case VM_SYNC:
		return !from_guest && untrusted->size == 0 && untrusted->value == 0;
	case VM_SYNCED:
		return from_guest && untrusted->size == 0 && untrusted->value == 0;
	case VM_BYE:
		return from_guest && untrusted->size == 0 && untrusted->value >= VM_END_ORDERLY &&
			untrusted->value <= VM_END_DISPLAY;
	default:
		return false;
	}
}

static bool take_message(const struct vm_reader *reader, enum init_end sender, struct vm_frame *frame) {
	struct init_message *untrusted = &frame->message;
	const unsigned char *untrusted_body = reader->untrusted_bytes + sizeof(struct vm_header);
	memcpy(&untrusted->header, untrusted_body, sizeof(untrusted->header));
	untrusted->words_length = frame->header.size - sizeof(untrusted->header);
	memcpy(untrusted->words, untrusted_body + sizeof(untrusted->header), untrusted->words_length);
	/* Its outputs stand for the descriptors that would come with it. */
	bool starts = untrusted->header.type == INIT_START;
	bool value_is_valid = starts ? frame->header.value == 1 || frame->header.value == 2 : frame->header.value == 0;
	return value_is_valid && init_message_is_valid(untrusted, sender, starts ? INIT_FDS_MAX : 0);
}

enum vm_result vm_receive(struct vm_reader *reader, int fd, enum init_end sender, struct vm_frame *frame) {
	for (;;) {
		size_t wanted = sizeof(frame->header);
		if (reader->length >= wanted) {
			memcpy(&frame->header, reader->untrusted_bytes, sizeof(frame->header));
			if (!header_is_valid(&frame->header, sender)) {
				return VM_CLOSED;
			}
			wanted += frame->header.size;
			if (reader->length == wanted) {
				reader->length = 0;
				return frame->header.type != VM_INIT || take_message(reader, sender, frame) ? VM_FRAME : VM_CLOSED;
			}
		}
		ssize_t n = read(fd, reader->untrusted_bytes + reader->length, wanted - reader->length);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			return VM_AGAIN;
		}
		if (n <= 0) {
			return VM_CLOSED;
		}
		reader->length += (size_t)n;
	}
}

/* ---- out ---- */

bool vm_has_room(const struct vm_writer *writer) {
	return sizeof(writer->bytes) - (writer->end - writer->start) >= VM_FRAME_MAX;
}

static void put(struct vm_writer *writer, const void *data, size_t size) {
	memcpy(writer->bytes + writer->end, data, size);
	writer->end += size;
}

bool vm_send(struct vm_writer *writer, enum vm_type type, int64_t value, const struct init_message *message) {
	struct vm_header header = { .type = type, .value = value };
	if (message != NULL) {
		header.size = (uint32_t)(sizeof(message->header) + message->words_length);
	}
	if (sizeof(header) + header.size > sizeof(writer->bytes) - (writer->end - writer->start)) {
		return false;
	}
	memmove(writer->bytes, writer->bytes + writer->start, writer->end - writer->start);
	writer->end -= writer->start;
	writer->start = 0;
	put(writer, &header, sizeof(header));
	if (message != NULL) {
		put(writer, &message->header, sizeof(message->header));
		put(writer, message->words, message->words_length);
	}
	return true;
}

bool vm_is_waiting(const struct vm_writer *writer) {
	return writer->end > writer->start;
}

bool vm_flush(struct vm_writer *writer, int fd) {
	while (vm_is_waiting(writer)) {
		ssize_t n = send(fd, writer->bytes + writer->start, writer->end - writer->start, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			return true;
		}
		if (n <= 0) {
			return false;
		}
		writer->start += (size_t)n;
	}
	return true;
}
