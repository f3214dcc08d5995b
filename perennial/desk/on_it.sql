-- name: come
-- Somebody is on it: since when they came, if they were not away meanwhile.
insert into desk_onit (place, about, person_id) values (%(place)s, %(about)s, %(person)s)
    on conflict (place, about, person_id) do update
   set at = now(), since = case when desk_onit.at > now() - %(stays)s then desk_onit.since else now() end

-- name: leave
-- Who is on one thing of a place has left the others there; what they left long ago is forgotten.
delete from desk_onit i
 where i.person_id = %(person)s and (i.at < now() - interval '1 day' or %(only)s and i.place = %(place)s and i.about <> %(about)s)

-- name: others
select i.about, coalesce(nullif(u.first_name, ''), u.username), i.since
  from desk_onit i join auth_user u on u.id = i.person_id
 where i.place = %(place)s and i.about = any(%(about)s) and i.person_id <> %(person)s and i.at > now() - %(stays)s
 order by i.since, i.id

-- name: send_away
delete from desk_onit where place = %(place)s and about = %(about)s and person_id <> %(person)s
