"""Every error this project raises on purpose, in one tree; each message says what, where, and the cure.

CameraPipelineError
├── UserError                 the user's mistake: exit code 2, no traceback
│   ├── ConfigError           one or more mistakes in a configuration, all reported at once
│   ├── ModelError            a model or manifest that cannot be used
│   ├── MediaError            a recorded file, trace or picture that cannot be used
│   ├── EvidenceKeyError      a signing or public key that is missing, open to others, or no key
│   ├── SimulatorError        the camera simulator cannot serve what was asked (port, fault, path)
│   └── ReviewError           what somebody asked of the review cannot be done; shown to them
│       ├── SignInError       name or password are wrong, the account is locked, or the session has ended
│       ├── ForbiddenError    no right to it
│       ├── MissingError      there is no such thing, or it must not be known
│       ├── ConflictError     somebody else was first
│       └── InvalidError      what was given cannot be
├── SessionError              one connection to a camera ended; the supervisor retries
│   ├── ConnectError          refused, unreachable, not found, timed out
│   ├── AuthError             the camera refused the user name or password
│   ├── SilenceError          no packet for longer than the limit
│   ├── StreamEndedError      the camera closed the stream
│   └── StreamBrokenError     packets came but cannot be used (timestamps, codec, rubbish)
└── RunError                  a failure while running: exit code 1
    ├── InferenceError        the model failed at run time; never shown as an empty road
    ├── OutboxError           an event could not be made durable
    ├── RecordError           an event cannot be written as a record, or a record cannot be read
    ├── EvidenceError         evidence or the event log cannot be written
    ├── SealError             what was signed is not as it was signed
    └── DeliveryError         Redis cannot be reached or refuses; events wait in the outbox
"""


class CameraPipelineError(Exception):
    """Base of all errors raised on purpose."""


class UserError(CameraPipelineError):
    """Something the user can mend: a path, a value, a file. The command line exits with code 2."""


class ConfigError(UserError):
    """Mistakes in a configuration."""


class ModelError(UserError):
    """A model or its manifest is missing, wrong or tampered with."""


class MediaError(UserError):
    """A recorded file, trace or picture cannot be used."""


class EvidenceKeyError(UserError):
    """A key of evidence is missing, open to others, or no key."""


class SimulatorError(UserError):
    """The camera simulator cannot serve what was asked: a port, a fault, a path."""


class ReviewError(UserError):
    """What somebody asked of the review cannot be done. Shown to them."""


class SignInError(ReviewError):
    """Name or password are wrong, the account is locked or disabled, or the session has ended."""


class ForbiddenError(ReviewError):
    """There is no right to it."""


class MissingError(ReviewError):
    """There is no such case, user or file, or whoever asks must not know of it."""


class ConflictError(ReviewError):
    """Somebody else was first: the case is claimed or decided, the name is taken."""


class InvalidError(ReviewError):
    """What was given cannot be: a password that is too short, a rejection without a reason."""


class SessionError(CameraPipelineError):
    """One connection to a camera ended. Raised by a session, caught only by its supervisor."""


class ConnectError(SessionError):
    """The camera could not be reached: refused, unreachable, no such path, timed out."""


class AuthError(SessionError):
    """The camera refused the user name or password."""


class SilenceError(SessionError):
    """The camera sent no packet for longer than the silence limit."""


class StreamEndedError(SessionError):
    """The camera closed the stream."""


class StreamBrokenError(SessionError):
    """Packets came, but no picture can be made of them."""


class RunError(CameraPipelineError):
    """A failure while running. The command line exits with code 1."""


class InferenceError(RunError):
    """The model failed at run time. Ends the process: a dead model must not look like an empty road."""


class OutboxError(RunError):
    """An event could not be made durable."""


class RecordError(RunError):
    """An event cannot be written as a record, or a record cannot be read."""


class EvidenceError(RunError):
    """Evidence or the event log cannot be written. Events flow all the same, and say so."""


class SealError(RunError):
    """What was signed is not as it was signed."""


class DeliveryError(RunError):
    """Redis cannot be reached or refuses; events wait in the outbox."""
