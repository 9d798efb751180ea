"""What the use cases need from the outside. Each Protocol is kept by an adapter and by a fake in the tests.

One colour: plain synchronous calls. Errors are those of `sync.errors`; a returned value never stands for one.
"""

from sync.core.write import Verb as Verb
from sync.core.write import Write as Write
from sync.ports.calendars import Calendar as Calendar
from sync.ports.calendars import CalendarOpener as CalendarOpener
from sync.ports.calendars import Directory as Directory
from sync.ports.calendars import GroupwareUser as GroupwareUser
from sync.ports.calendars import Marked as Marked
from sync.ports.calendars import Marks as Marks
from sync.ports.calendars import MarksOpener as MarksOpener
from sync.ports.calendars import Outcome as Outcome
from sync.ports.calendars import RoomCalendars as RoomCalendars
from sync.ports.calendars import RoomCalendarsOpener as RoomCalendarsOpener
from sync.ports.microsoft365 import Granted as Granted
from sync.ports.microsoft365 import Identity as Identity
from sync.ports.microsoft365 import Mailbox as Mailbox
from sync.ports.microsoft365 import MailboxDirectories as MailboxDirectories
from sync.ports.microsoft365 import MailboxDirectory as MailboxDirectory
from sync.ports.microsoft365 import Microsoft365 as Microsoft365
from sync.ports.microsoft365 import SignIn as SignIn
from sync.ports.microsoft365 import SignInRequest as SignInRequest
from sync.ports.microsoft365 import Tenants as Tenants
from sync.ports.microsoft365 import Tickets as Tickets
from sync.ports.records import ChunkResult as ChunkResult
from sync.ports.records import History as History
from sync.ports.records import Kept as Kept
from sync.ports.records import LinkRow as LinkRow
from sync.ports.records import Operation as Operation
from sync.ports.records import Operations as Operations
from sync.ports.records import Passes as Passes
from sync.ports.records import PassRecord as PassRecord
from sync.ports.records import PassState as PassState
from sync.ports.records import RowFailure as RowFailure
from sync.ports.runtime import Clock as Clock
from sync.ports.runtime import Job as Job
from sync.ports.runtime import Jobs as Jobs
from sync.ports.runtime import Secrets as Secrets
from sync.ports.runtime import Task as Task
from sync.ports.storage import NOBODY as NOBODY
from sync.ports.storage import Connections as Connections
from sync.ports.storage import CursorPair as CursorPair
from sync.ports.storage import Cursors as Cursors
from sync.ports.storage import Facilities as Facilities
from sync.ports.storage import Lease as Lease
from sync.ports.storage import Leases as Leases
from sync.ports.storage import LinkCount as LinkCount
from sync.ports.storage import Links as Links
from sync.ports.storage import Meeting as Meeting
from sync.ports.storage import Meetings as Meetings
from sync.ports.storage import Organizations as Organizations
