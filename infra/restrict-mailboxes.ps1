<#
.SYNOPSIS
Lets the calendar sync into the calendars of one group of mailboxes only (Exchange Online, RBAC for Applications).

.DESCRIPTION
Without this script, the application permission Calendars.ReadWrite opens every calendar of the tenant. With it, Exchange
gives the app the role "Application Calendars.ReadWrite" inside a management scope, which holds the members of one
mail-enabled security group. Nested groups are not followed: everybody has to be a direct member.

Both add up. As long as Calendars.ReadWrite is also granted in Microsoft Entra, the app can still open every calendar;
take that grant away afterwards (the script says so, and cannot do it itself). User.Read.All stays in Entra: it reads
the directory, no mailbox.

Run it as often as you like: what exists already is kept, or changed to what was asked for. Exchange remembers what an
app may do for 30 minutes to two hours, so that a change takes that long to work; -Test asks past that memory. People
outside the group are shown as "checking", then "error" with the reason, and are looked at again every hour; nothing in
their calendars is touched.

Needs: the module ExchangeOnlineManagement 3.0 or later, and the role Organization Management (or Role Management) in
Exchange Online. Connect first: Connect-ExchangeOnline.

.PARAMETER ClientId
Application (client) id of the app registration, as in the initial settings.

.PARAMETER ObjectId
Object id of the app's *enterprise application* (service principal). Not the object id that stands in the app
registration: that is another one, and Exchange accepts it without a word.

.PARAMETER Group
The group whose direct members may be synced: its mail address, name or id.

.PARAMETER Test
A mailbox for which to show what the app may do afterwards. May be given several times (comma).

.PARAMETER ScopeName
Name of the management scope.

.PARAMETER DisplayName
Name under which Exchange lists the app.

.PARAMETER Remove
Take the role, the scope and Exchange's record of the app away again. Calendars.ReadWrite has to be granted in Microsoft
Entra for the sync to go on.

.EXAMPLE
./restrict-mailboxes.ps1 -ClientId <application id> -ObjectId <object id> -Group calendar-sync@example.com -WhatIf

Shows what would be done, and does nothing.

.EXAMPLE
./restrict-mailboxes.ps1 -ClientId <application id> -ObjectId <object id> -Group calendar-sync@example.com -Test suzuki@example.com,boss@example.com

Does it, and shows for two mailboxes whether the app may open them.

.LINK
https://learn.microsoft.com/exchange/permissions-exo/application-rbac
#>
#Requires -Version 5.1
[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Restrict')]
param(
    [Parameter(Mandatory)]
    [guid] $ClientId,

    [Parameter(Mandatory, ParameterSetName = 'Restrict')]
    [guid] $ObjectId,

    [Parameter(Mandatory, ParameterSetName = 'Restrict')]
    [ValidateNotNullOrEmpty()]
    [string] $Group,

    [Parameter(ParameterSetName = 'Restrict')]
    [string[]] $Test = @(),

    [ValidateLength(1, 64)]
    [string] $ScopeName = 'Calendar sync',

    [Parameter(ParameterSetName = 'Restrict')]
    [ValidateLength(1, 64)]
    [string] $DisplayName = 'Calendar sync',

    [Parameter(Mandatory, ParameterSetName = 'Remove')]
    [switch] $Remove
)

Set-StrictMode -Version 3.0
$ErrorActionPreference = 'Stop'

$Role = 'Application Calendars.ReadWrite'
# By its name the script knows its own assignment again (64 characters at most).
$AssignmentName = "Calendars.ReadWrite $ClientId"
$Needed = @(
    'Get-ServicePrincipal', 'New-ServicePrincipal', 'Remove-ServicePrincipal',
    'Get-ManagementScope', 'New-ManagementScope', 'Set-ManagementScope', 'Remove-ManagementScope',
    'Get-ManagementRoleAssignment', 'New-ManagementRoleAssignment', 'Remove-ManagementRoleAssignment',
    'Test-ServicePrincipalAuthorization', 'Get-Group', 'Get-Recipient'
)

function Assert-Connected {
    # Exchange loads only the cmdlets that the caller's roles allow.
    $missing = @($Needed | Where-Object { -not (Get-Command $_ -ErrorAction SilentlyContinue) })
    if ($missing.Count -eq $Needed.Count) {
        throw 'Not connected to Exchange Online. Install-Module ExchangeOnlineManagement, then Connect-ExchangeOnline.'
    }
    if ($missing.Count -gt 0) {
        throw "Your account lacks a role in Exchange Online (Organization Management): no $($missing -join ', ')."
    }
}

function Find-App {
    # A filter would ask the service for one that may not exist, which is an error there and none here.
    @(Get-ServicePrincipal) | Where-Object { "$($_.AppId)" -eq "$ClientId" } | Select-Object -First 1
}

function Find-Scope {
    @(Get-ManagementScope) | Where-Object { $_.Name -eq $ScopeName } | Select-Object -First 1
}

function Get-Text($Object, [string] $Name) {
    # Which properties an object has differs by the version of the module.
    $property = $Object.PSObject.Properties[$Name]
    if ($property) { "$($property.Value)" } else { '' }
}

function Find-Assignments($App) {
    # Others hold the role as well: Exchange's own role groups, which may pass it on. Theirs are left alone.
    $called = 'Identity', 'Name', 'ObjectId', 'ServiceId', 'AppId', 'DisplayName'
    $names = @($called | ForEach-Object { Get-Text $App $_ } | Where-Object { $_ })
    foreach ($one in @(Get-ManagementRoleAssignment -Role $Role)) {
        $assignees = 'App', 'RoleAssigneeName', 'RoleAssignee', 'User' | ForEach-Object { Get-Text $one $_ }
        $isOurs = @($assignees | Where-Object { $_ -and $names -contains $_ }).Count -gt 0
        if ($isOurs -or $one.Name -eq $AssignmentName) {
            $one
        }
    }
}

function Find-Group {
    $found = @(Get-Group -Identity $Group -ErrorAction SilentlyContinue)
    if ($found.Count -eq 0) {
        throw "There is no group '$Group' in Exchange Online. Give its mail address."
    }
    if ($found.Count -gt 1) {
        throw "Several groups are called '$Group'. Give the mail address of the one that is meant."
    }
    $mail = @(Get-Recipient -Identity $found[0].DistinguishedName -ErrorAction SilentlyContinue)
    if ($mail.Count -eq 0) {
        throw "The group '$Group' is not mail-enabled. Use a mail-enabled security group."
    }
    $found[0]
}

function Get-Filter($Target) {
    # A quotation mark inside a name is doubled (about_Quoting_Rules; OPATH takes the same).
    "MemberOfGroup -eq '$($Target.DistinguishedName -replace "'", "''")'"
}

function Set-App {
    $app = Find-App
    if ($app) {
        if ("$($app.ObjectId)" -ne "$ObjectId") {
            throw ("Exchange knows this app under the object id $($app.ObjectId), not $ObjectId. Give the object id " +
                'of the enterprise application; if the app was registered anew, run this with -Remove first.')
        }
        Write-Verbose "Exchange knows the app already: $($app.ObjectId)"
        return $app
    }
    if ($PSCmdlet.ShouldProcess("app $ClientId", 'New-ServicePrincipal')) {
        return New-ServicePrincipal -AppId $ClientId -ObjectId $ObjectId -DisplayName $DisplayName
    }
}

function Set-Scope($Filter) {
    $scope = Find-Scope
    if (-not $scope) {
        if ($PSCmdlet.ShouldProcess("scope '$ScopeName': $Filter", 'New-ManagementScope')) {
            New-ManagementScope -Name $ScopeName -RecipientRestrictionFilter $Filter | Out-Null
        }
        return
    }
    if ("$($scope.RecipientFilter)" -eq $Filter) {
        Write-Verbose "The scope '$ScopeName' exists already."
        return
    }
    $change = "scope '$ScopeName': $Filter (before: $($scope.RecipientFilter))"
    if ($PSCmdlet.ShouldProcess($change, 'Set-ManagementScope')) {
        Set-ManagementScope -Identity $ScopeName -RecipientRestrictionFilter $Filter
    }
}

function Set-Assignment($App) {
    $assignments = if ($App) { @(Find-Assignments $App) } else { @() }
    $right = @($assignments | Where-Object { (Get-Text $_ 'CustomResourceScope') -eq $ScopeName })
    $other = @($assignments | Where-Object { (Get-Text $_ 'CustomResourceScope') -ne $ScopeName })
    # Roles add up: one with another scope, or with none, would open what this one closes.
    foreach ($one in $other) {
        if ($PSCmdlet.ShouldProcess("assignment '$($one.Name)': another scope", 'Remove-ManagementRoleAssignment')) {
            Remove-ManagementRoleAssignment -Identity $one.Name -Confirm:$false
        }
    }
    if ($right.Count -eq 0) {
        if ($PSCmdlet.ShouldProcess("app $ClientId, scope '$ScopeName'", "New-ManagementRoleAssignment '$Role'")) {
            $made = @{ Name = $AssignmentName; App = "$ObjectId"; Role = $Role; CustomResourceScope = $ScopeName }
            New-ManagementRoleAssignment @made | Out-Null
        }
    }
}

function Show-Test {
    foreach ($mailbox in $Test) {
        $found = @(Test-ServicePrincipalAuthorization -Identity "$ObjectId" -Resource $mailbox |
                Where-Object { $_.RoleName -eq $Role })
        $inside = @($found | Where-Object { "$($_.InScope)" -eq 'True' }).Count -gt 0
        [pscustomobject]@{ Mailbox = $mailbox; Role = $Role; Allowed = $inside }
    }
}

function Remove-Everything {
    $app = Find-App
    if ($app) {
        foreach ($one in @(Find-Assignments $app)) {
            if ($PSCmdlet.ShouldProcess("assignment '$($one.Name)'", 'Remove-ManagementRoleAssignment')) {
                Remove-ManagementRoleAssignment -Identity $one.Name -Confirm:$false
            }
        }
    }
    if (Find-Scope) {
        if ($PSCmdlet.ShouldProcess("scope '$ScopeName'", 'Remove-ManagementScope')) {
            Remove-ManagementScope -Identity $ScopeName -Confirm:$false
        }
    }
    if ($app) {
        if ($PSCmdlet.ShouldProcess("app $ClientId", 'Remove-ServicePrincipal')) {
            Remove-ServicePrincipal -Identity $app.ObjectId -Confirm:$false
        }
    }
}

Assert-Connected
if ($Remove) {
    Remove-Everything
    return
}
$target = Find-Group
$app = Set-App
Set-Scope (Get-Filter $target)
Set-Assignment $app
Show-Test
Write-Warning ('If Calendars.ReadWrite is still granted in Microsoft Entra (enterprise applications, permissions), ' +
    'the app can open every calendar all the same: take it away there. Changes take up to two hours to work.')
